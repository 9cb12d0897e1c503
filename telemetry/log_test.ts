import { strict as assert } from "node:assert";
import { jsonLog } from "./log.ts";

Deno.test("jsonLog() writes one JSON line an event, bound fields included, below its level nothing", () => {
  const lines: string[] = [];
  const log = jsonLog({
    program: "web",
    level: "info",
    nowMs: () => 0,
    write: (line) => lines.push(line),
  });
  log.debug("x", "not written");
  log.with({ agentId: "deals" }).info("ingest.stored", "Price data ingested successfully", {
    contractCount: 3,
  });
  assert.deepEqual(lines.map((line) => JSON.parse(line)), [{
    time: "1970-01-01T00:00:00.000Z",
    level: "info",
    program: "web",
    event: "ingest.stored",
    message: "Price data ingested successfully",
    agentId: "deals",
    contractCount: 3,
  }]);
});

Deno.test("a key is in no line, as whatever and however deep it comes", () => {
  const lines: string[] = [];
  const log = jsonLog({
    program: "web",
    level: "debug",
    nowMs: () => 0,
    write: (line) => lines.push(line),
  });
  const key = `lm_agent_${"0123456789".repeat(4)}`;
  log.with({ agentId: key }).debug(key, `Sent ${key} and "${key}"`, { [key]: 1, reason: "x" });
  assert.equal(lines.length, 1);
  assert.ok(!lines[0]?.includes("0123456789"), lines[0]);
  assert.equal(JSON.parse(lines[0] ?? "").message, 'Sent lm_agent_… and "lm_agent_…"');
});
