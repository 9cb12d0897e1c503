import { strict as assert } from "node:assert";
import { z } from "zod";
import { chainAnswerSchema } from "./chain.ts";
import { ingestBody } from "./ingest_schema.ts";
import { clientMessage, serverMessage } from "./live.ts";
import { tickerRow } from "./tickers.ts";

Deno.test("every schema of the wire can be published as JSON Schema", () => {
  const inputs = { ingestBody, clientMessage };
  const outputs = { chainAnswerSchema, serverMessage, tickerRow };
  for (const [name, schema] of Object.entries(inputs)) {
    assert.ok(z.toJSONSchema(schema, { io: "input" }), name);
  }
  for (const [name, schema] of Object.entries(outputs)) {
    assert.ok(z.toJSONSchema(schema, { io: "output" }), name);
  }
});
