import { strict as assert } from "node:assert";
import { systemClock } from "../../base/clock.ts";
import { parseTicker } from "../../options/contract.ts";
import { LIFTED, startGateway } from "../test/programs.ts";
import { startServer } from "../test/server.ts";
import type { Result } from "./check.ts";
import { phases, SHORT_MS, walkChecklist } from "./checklist.ts";

const CSGS = parseTicker("CSGS") ?? assert.fail();

async function walk(isShort: boolean, port: number, serverUrl: URL): Promise<readonly Result[]> {
  const shown: Result[] = [];
  const results = await walkChecklist(
    {
      settings: {
        ibHost: "127.0.0.1",
        ibPort: port,
        rate: 0,
        lines: 95,
        serverUrl,
        agentId: "deals",
        spool: await Deno.makeTempDir({ prefix: "lastmark-checklist-" }),
        spoolMax: 16,
      },
      key: `lm_agent_${"0".repeat(32)}`,
      statusIds: { first: 200, last: 209 },
      ticker: CSGS,
      clock: systemClock(),
    },
    isShort,
    (result) => shown.push(result),
  );
  assert.deepEqual(shown, results, "each is shown as it ends");
  return results;
}

const verdicts = (results: readonly Result[]): Record<string, string> =>
  Object.fromEntries(results.map(({ check, verdict }) => [check, verdict]));

Deno.test("the checklist walks six phases over a gateway and a server, and says what each found", async () => {
  await using gateway = await startGateway(...LIFTED);
  await using server = startServer(undefined, { tickers: [{ ticker: "CSGS" }] });
  const results = await walk(WHOLE, gateway.port, server.url);
  const found = verdicts(results);
  assert.deepEqual(Object.keys(found), [
    "1 status",
    "2 one ticker",
    "3 several",
    "4 spreads",
    "5 disconnect",
    "6 clean-up",
  ]);
  // The server of this test is none of ours: the doctor says so.
  const { "1 status": _, ...others } = found;
  assert.deepEqual(others, {
    "2 one ticker": "ok",
    "3 several": "ok",
    "4 spreads": "ok",
    "5 disconnect": "ok",
    "6 clean-up": "ok",
  }, JSON.stringify(results));
  assert.match(results[1]?.says ?? "", /^CSGS: \d+ contracts/);
  assert.match(results[3]?.says ?? "", /costs -?\d+\.\d\d of at most/);
});

Deno.test("the short checklist has three phases, and takes five minutes at the most", () => {
  const short = phases(SHORT);
  assert.deepEqual(short.map(({ name }) => name), ["1 status", "2 one ticker", "6 clean-up"]);
  assert.ok(short.reduce((sum, { deadlineMs }) => sum + deadlineMs, 0) <= SHORT_MS);
});

Deno.test("a phase fails with what to do where no gateway is there, and those that need it are not walked", async () => {
  await using server = startServer();
  const results = await walk(WHOLE, 1, server.url);
  const found = verdicts(results);
  assert.deepEqual([found["1 status"], found["2 one ticker"], found["4 spreads"]], [
    "failed",
    "failed",
    "not_checked",
  ]);
  assert.ok(results.every(({ verdict, todo }) => verdict !== "failed" || todo));
});

const WHOLE = false;
const SHORT = true;
