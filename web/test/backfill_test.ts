/**
 * What waited in an agent's spool: dated by what the agent's clock said, corrected by how far that
 * clock is from the server's, which `sentAt` tells, and never later than it came.
 */
import { strict as assert } from "node:assert";
import * as fc from "fast-check";
import { bodyOf, contractOf, EA, mustPost, post, withServer } from "./harness.ts";

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const iso = (ms: number): string => new Date(ms).toISOString();

const backfill = { "lastmark-backfill": "1" };

interface Late {
  /** How long ago it was read. */
  readonly ageMs: number;
  /** How far ahead of the server's the agent's clock is. */
  readonly skewMs: number;
}

const skew = fc.oneof(
  fc.constant(0),
  fc.integer({ min: -90 * SECOND_MS, max: 90 * SECOND_MS }),
  fc.integer({ min: -12 * HOUR_MS, max: 12 * HOUR_MS }),
);
const age = fc.oneof(
  fc.integer({ min: 0, max: 120 * SECOND_MS }),
  fc.integer({ min: 0, max: 30 * 24 * HOUR_MS }),
);

for (const clockOffsetMs of [0, -20_000 * HOUR_MS]) {
  const where = clockOffsetMs === 0 ? "" : ", also in a replay";
  Deno.test(`a backfill stands where it was read, however wrong the agent's clock is${where}`, async () => {
    await withServer(async ({ server, sql, key }) => {
      const at = async (seq: number) => {
        const [row] = await sql`
          SELECT
            extract(epoch FROM as_of)::double precision * 1000 AS "asOfMs",
            extract(epoch FROM received_at)::double precision * 1000 AS "receivedMs",
            late
          FROM option_snapshots
          WHERE ticker = ${EA} AND seq = ${seq}`;
        return {
          asOfMs: Math.round(Number(row?.["asOfMs"])),
          receivedMs: Math.round(Number(row?.["receivedMs"])),
          late: row?.["late"],
        };
      };
      let seq = 0;
      const send = async ({ ageMs, skewMs }: Late, says: { readonly sentAt: boolean }) => {
        const sentMs = Date.now() + clockOffsetMs;
        const agentMs = sentMs - ageMs + skewMs;
        const body = bodyOf({
          agentTimestamp: iso(agentMs),
          ...(says.sentAt ? { sentAt: iso(sentMs + skewMs) } : {}),
        });
        const response = await post(server, key, body, backfill);
        const answer = await response.json();
        if (agentMs > sentMs + 62 * SECOND_MS) {
          // A clock so far ahead is refused, whatever is sent (design, "Time").
          assert.equal(response.status, 400);
          assert.deepEqual(answer.errors.map((one: { path: string }) => one.path), [
            "agentTimestamp",
          ]);
          return;
        }
        if (agentMs > sentMs + 58 * SECOND_MS) {
          // The time on the way decides.
          if (response.status === 200) seq++;
          return;
        }
        assert.equal(response.status, 200, JSON.stringify(answer));
        const stored = await at(++seq);
        assert.equal(stored.receivedMs, Date.parse(answer.serverReceivedAt));
        assert.ok(stored.late);
        const correctedMs = says.sentAt
          ? agentMs + (stored.receivedMs - (sentMs + skewMs))
          : agentMs;
        assert.equal(stored.asOfMs, Math.min(stored.receivedMs, correctedMs));
        if (says.sentAt) {
          // All that is left of the skew is the time on the way.
          const readMs = sentMs - ageMs;
          assert.ok(stored.asOfMs >= readMs && stored.asOfMs <= readMs + 2 * SECOND_MS);
        }
      };
      const seed = Number(Deno.env.get("FC_SEED") ?? 4);
      await fc.assert(
        fc.asyncProperty(
          fc.record({ ageMs: age, skewMs: skew }),
          fc.boolean(),
          (late, sentAt) => send(late, { sentAt }),
        ),
        {
          seed,
          numRuns: 100,
          endOnFailure: true,
          examples: [
            [{ ageMs: 3 * HOUR_MS, skewMs: 2 * HOUR_MS }, true],
            [{ ageMs: 3 * HOUR_MS, skewMs: -2 * HOUR_MS }, true],
            [{ ageMs: 60 * SECOND_MS, skewMs: 5 * SECOND_MS }, true],
            [{ ageMs: 60 * SECOND_MS, skewMs: -5 * SECOND_MS }, true],
            [{ ageMs: 0, skewMs: 30 * SECOND_MS }, false],
            [{ ageMs: 60 * SECOND_MS, skewMs: 11 * HOUR_MS }, true],
          ],
        },
      );
    }, { clockOffsetMs });
  });
}

Deno.test("a backfill that says it was read after it was sent is dated when it came", async () => {
  await withServer(async ({ server, sql, key }) => {
    const nowMs = Date.now();
    const body = bodyOf({ agentTimestamp: iso(nowMs), sentAt: iso(nowMs - HOUR_MS) });
    const { serverReceivedAt } = await mustPost(server, key, body, backfill);
    const [row] = await sql`SELECT as_of, received_at FROM option_snapshots`;
    assert.deepEqual(row?.["as_of"], row?.["received_at"]);
    assert.equal(row?.["as_of"].toISOString(), serverReceivedAt);
  });
});

Deno.test("a live post is dated when it came, whatever the agent's clock and sentAt say", async () => {
  await withServer(async ({ server, sql, key }) => {
    for (const skewMs of [-4 * 60 * SECOND_MS, 50 * SECOND_MS]) {
      const nowMs = Date.now();
      await mustPost(
        server,
        key,
        bodyOf({ agentTimestamp: iso(nowMs + skewMs), sentAt: iso(nowMs - HOUR_MS) }),
      );
    }
    const rows = await sql`SELECT as_of = received_at AS same, late FROM option_snapshots`;
    assert.deepEqual(rows.map((row) => ({ ...row })), Array(2).fill({ same: true, late: false }));
  });
});

Deno.test("a backfill changes a field only where nothing newer is known, and neither takes nor meets a window", async () => {
  await withServer(async ({ server, key }) => {
    const others = Array.from({ length: 4 }, (_, i) => contractOf({ strike: 300 + i }));
    const chain = async () => {
      const answer = await (await fetch(`${server.url}/api/chains/EA`)).json();
      return answer.contracts.find((row: { strike: number }) => row.strike === 210);
    };
    const now = await mustPost(
      server,
      key,
      bodyOf({ agentId: "deals-0", contracts: [contractOf({ last: null, bid: 2 }), ...others] }),
    );
    const readMs = Date.now() - HOUR_MS;
    await mustPost(
      server,
      key,
      bodyOf({
        agentId: "deals-1",
        agentTimestamp: iso(readMs),
        contracts: [contractOf({ bid: 1, last: 1.07, gamma: 0.5 }), ...others],
      }),
      backfill,
    );
    const row = await chain();
    assert.deepEqual([row.bid, row.bidSeenAt, row.bidNow], [2, now["serverReceivedAt"], 2]);
    assert.deepEqual([row.last, row.lastSeenAt, row.lastNow], [1.07, iso(readMs), null]);
    assert.deepEqual([row.gamma, row.gammaSeenAt, row.gammaNow], [0.5, iso(readMs), null]);
    assert.equal(row.asOf, now["serverReceivedAt"]);
    // The window is still the first one's.
    await mustPost(server, key, bodyOf({ agentId: "deals-0", contracts: others }));
    const refused = await post(server, key, bodyOf({ agentId: "deals-1" }));
    assert.equal(refused.status, 409);
    assert.equal((await refused.json()).existingAgent, "deals-0");
  });
});
