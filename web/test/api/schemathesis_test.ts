/**
 * The API's description held to the server: whatever Schemathesis makes of it, good and bad, is
 * answered as it says, and never by a failure. `SCHEMATHESIS_SEED` tries another seed.
 */
import { strict as assert } from "node:assert";
import { bodyOf, contractOf, mustPost, type TestServer, withServer } from "../harness.ts";
import { runSchemathesis } from "./schemathesis.ts";

const SEED = Number(Deno.env.get("SCHEMATHESIS_SEED") ?? "20260715");
const EXAMPLES = Number(Deno.env.get("SCHEMATHESIS_EXAMPLES") ?? "50");

/** Something to read: of every ticker a little history, some of it late. */
async function fill({ server, key }: TestServer): Promise<void> {
  for (const ticker of ["EA", "SPX"]) {
    const contracts = [200, 210, 220].map((strike) => contractOf({ symbol: ticker, strike }));
    const anHourAgo = new Date(Date.now() - 3_600_000).toISOString();
    for (let n = 0; n < 3; n++) await mustPost(server, key, bodyOf({ ticker, contracts }));
    await mustPost(server, key, bodyOf({ ticker, contracts, agentTimestamp: anHourAgo }), {
      "lastmark-backfill": "1",
    });
  }
}

Deno.test("every answer of the API is one that its description has", async () => {
  await withServer(async (given) => {
    await fill(given);
    const { server, key, lines } = given;
    const { success, output } = await runSchemathesis(server.url, {
      key,
      seed: SEED,
      examples: EXAMPLES,
    });
    const failures = lines.filter(({ event }) => event === "web.failed");
    assert.deepEqual(failures, [], "the server failed");
    assert.ok(success, output);
  });
});
