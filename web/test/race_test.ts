/**
 * The race for a ticker's window, as it is in production: many agents, two servers, one database.
 * `RACE_ROUNDS` runs more or fewer rounds.
 */
import { strict as assert } from "node:assert";
import { z } from "zod";
import { bodyOf, contractOf, EA } from "./harness.ts";
import { KeptConnection, requestBytes } from "./kept_connection.ts";
import { type Processes, withProcesses } from "./processes.ts";

const WRITERS = 32;
const ROUNDS = Number(Deno.env.get("RACE_ROUNDS") ?? 1_000);

/** How the window stands when a round begins; the rounds take turns. */
const WINDOWS = ["never written", "stale", "fresh", "stale", "fresh"] as const;
type Window = typeof WINDOWS[number];

const answer = z.discriminatedUnion("status", [
  z.object({
    status: z.literal(200),
    body: z.object({ snapshotId: z.string(), serverReceivedAt: z.string() }),
  }),
  z.object({
    status: z.literal(409),
    body: z.object({
      error: z.literal("Newer data already exists"),
      skipped: z.boolean(),
      existingAgent: z.string(),
      existingTime: z.string(),
      retryAfter: z.number().min(1).max(60),
    }),
  }),
]);
type Answer = z.infer<typeof answer> & { readonly agentId: string };

/** One agent with its kept connection, to the first or the second server. */
interface Writer {
  readonly agentId: string;
  readonly connection: KeptConnection;
}

function openWriters({ servers }: Processes): Promise<Writer[]> {
  return Promise.all(Array.from({ length: WRITERS }, async (_, i) => {
    const connection = await KeptConnection.open(servers[i % 2 === 0 ? 0 : 1].port);
    return { agentId: `deals-${i}`, connection };
  }));
}

/** Has every writer post at once: all requests are written before the first answer is read. */
function race(all: readonly Writer[], key: string, round: number): Promise<Answer[]> {
  const ready = all.map(({ agentId }, i) => {
    const contracts = [contractOf({ bid: i + 1, ask: 100, volume: round })];
    return requestBytes(key, bodyOf({ agentId, contracts }));
  });
  return Promise.all(all.map(async ({ agentId, connection }, i) => {
    const { status, json } = await connection.ask(ready[i] ?? new Uint8Array());
    return { agentId, ...answer.parse({ status, body: json }) };
  }));
}

/** Puts the window into a state, without a wait for it to pass. */
async function prepare({ sql }: Processes, window: Window): Promise<void> {
  if (window === "stale") {
    await sql`UPDATE tickers SET owned_at = owned_at - interval '61 s' WHERE symbol = ${EA}`;
  } else if (window === "never written") {
    await sql`UPDATE tickers SET owner_agent = NULL, owned_at = NULL WHERE symbol = ${EA}`;
  }
}

Deno.test("of 32 writers on two servers exactly one wins a ticker, and the others are told whose it is", async () => {
  await withProcesses(async (given) => {
    const all = await openWriters(given);
    const won: { readonly id: string; readonly agentId: string; readonly at: string }[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const window = WINDOWS[round % WINDOWS.length] ?? "stale";
      await prepare(given, window);
      const before = won.at(-1);
      const answers = await race(all, given.key, round);
      const winners = answers.filter((one) => one.status === 200);
      const said = `round ${round}, ${window}: ${winners.map((one) => one.agentId)}`;
      const [winner] = winners;
      assert.ok(winner && winners.length === 1, said);
      if (window === "fresh") assert.equal(winner.agentId, before?.agentId, said);
      for (const one of answers) {
        if (one.status !== 409) continue;
        const { existingAgent, existingTime, skipped } = one.body;
        assert.ok(skipped);
        assert.equal(existingAgent, winner.agentId, said);
        // In a fresh window it may have been refused before the owner wrote again.
        const times = [winner.body.serverReceivedAt, window === "fresh" ? before?.at : undefined];
        assert.ok(times.includes(existingTime), `${said}: ${existingTime} is none of ${times}`);
      }
      won.push({
        id: winner.body.snapshotId,
        agentId: winner.agentId,
        at: winner.body.serverReceivedAt,
      });
    }
    for (const { connection } of all) connection.close();
    const stored = await given.sql`
      SELECT
        q.snapshot_id::text AS id,
        q.seq::integer,
        q.agent_id AS "agentId",
        to_char(q.received_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at,
        q.bid::integer,
        q.volume
      FROM option_quotes AS q
      WHERE q.ticker = ${EA}
      ORDER BY q.seq`;
    assert.deepEqual(
      stored.map((row) => ({ ...row })),
      won.map((one, round) => ({
        ...one,
        seq: round + 1,
        bid: Number(one.agentId.replace("deals-", "")) + 1,
        volume: round,
      })),
    );
  });
});
