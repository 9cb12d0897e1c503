/** The examples of "History in SQL" do what the page says. */
import { strict as assert } from "node:assert";
import type { Quote } from "../../options/quote.ts";
import { storeBars } from "../bars.ts";
import { ingestBatch } from "../ingest.ts";
import { withTestDatabase } from "../testing.ts";
import { AGENT_TIME_MS, batch, EA, expectKind, follow, quote } from "./fixtures.ts";

const PAGE = new URL("../../docs/operators/sql.md", import.meta.url);
const DAY_MS = 86_400_000;

/** Two expiries of EA, clean but for one crossed quote, a tick dearer on each day. */
function chain(day: number): Quote[] {
  return ["261218", "270115"].flatMap((expiry) =>
    [170, 180, 190, 195, 200, 205, 210, 220, 230].flatMap((strike) =>
      (["C", "P"] as const).map((right) => {
        const exercised = Math.max(0, right === "C" ? 200 - strike : strike - 200);
        const bid = exercised + 5 + day * 0.05;
        const crossed = strike === 230 && right === "P";
        return quote(`EA${expiry}${right}00${strike}000`, {
          bid,
          ask: crossed ? bid - 0.1 : bid + 0.1,
          impliedVol: 0.3 + day * 0.01,
          delta: right === "C" ? 0.5 : -0.5,
          last: bid,
          volume: 10,
          openInterest: 100 + day,
        });
      })
    )
  );
}

async function examples(): Promise<string[]> {
  const page = await Deno.readTextFile(PAGE);
  return [...page.matchAll(/^```sql\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);
}

Deno.test("each example of History in SQL runs, and finds rows with values", async () => {
  const texts = await examples();
  assert.ok(texts.length >= 9, `${texts.length} examples`);
  await withTestDatabase(async (sql) => {
    const { request } = await follow(sql);
    // The deal is as old as the database is; so must the snapshots be for its terms to be found.
    await sql`UPDATE deal_versions SET valid_from = '2026-01-01Z'`;
    const [clock] = await sql`SELECT extract(epoch FROM domain_now()) * 1000 AS ms`;
    const nowMs = Number(clock?.["ms"]);
    const offsetMs = AGENT_TIME_MS + 3 * DAY_MS - nowMs;
    await sql`UPDATE installation SET clock_offset_ms = ${Math.round(offsetMs)}`;
    for (const day of [0, 1, 2]) {
      const sent = batch({
        quotes: chain(day),
        spot: 200,
        agentTimeMs: AGENT_TIME_MS + day * DAY_MS,
      });
      const backfill = day < 2;
      expectKind(await ingestBatch(sql, request({ batch: sent, backfill })), "stored");
    }
    await sql`
      INSERT INTO agent_runs (run_id, agent, reads_started, reads_failed)
      SELECT gen_random_uuid(), name, 8, 2 FROM agents`;
    const bar = { open: 1, high: 2, low: 1, close: 2, volume: 9, wap: 1.5, count: 3 };
    await storeBars(sql, {
      series: { instrument: EA, what: "TRADES", bar: "1d", rth: true },
      spans: [{ fromMs: AGENT_TIME_MS, toMs: AGENT_TIME_MS + DAY_MS }],
      bars: [{ startMs: AGENT_TIME_MS, ...bar }],
      finalToMs: AGENT_TIME_MS + DAY_MS,
    });
    for (const text of texts) {
      const rows = await sql.unsafe(text);
      assert.ok(rows.length > 0, `no row of\n${text}`);
      const names = rows.columns.map(({ name }) => name);
      for (const name of names) {
        assert.ok(rows.some((row) => row[name] !== null), `${name} is always NULL in\n${text}`);
      }
    }
  });
});
