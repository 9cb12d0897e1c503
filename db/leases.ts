/** Leases: which ticker is read by which of the agents that read what the server wants. */
import { z } from "zod";
import type { Sql } from "./connect.ts";

/** An agent that can be leased tickers. */
export interface AbleAgent {
  readonly holder: string;
  /** The only tickers that its key opens; `null` for all. */
  readonly tickers: readonly string[] | null;
}

/** A ticker that is to be leased, and who has it. */
export interface TickerToLease {
  readonly symbol: string;
  readonly holder: string | null;
}

/**
 * Who gets which ticker. A lease stays where it is while its agent is able and has no more than its
 * share; else the agent with the fewest gets it. A ticker that no agent may read is left out.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { dealLeases } from "./leases.ts";
 * const able = [{ holder: "a", tickers: null }, { holder: "b", tickers: null }];
 * const tickers = [{ symbol: "EA", holder: "a" }, { symbol: "MU", holder: "a" }];
 * assert.deepEqual([...dealLeases(tickers, able)], [["EA", "a"], ["MU", "b"]]);
 * ```
 */
export function dealLeases(
  tickers: readonly TickerToLease[],
  able: readonly AbleAgent[],
): ReadonlyMap<string, string> {
  const held = new Map(able.map(({ holder }) => [holder, 0]));
  const share = Math.ceil(tickers.length / Math.max(1, able.length));
  const dealt = new Map<string, string>();
  const opens = (agent: AbleAgent, symbol: string): boolean =>
    agent.tickers?.includes(symbol) ?? true;
  const heldBy = (agent: AbleAgent): number => held.get(agent.holder) ?? 0;
  const give = (symbol: string, agent: AbleAgent): void => {
    dealt.set(symbol, agent.holder);
    held.set(agent.holder, heldBy(agent) + 1);
  };
  for (const { symbol, holder } of tickers) {
    const keeper = able.find((agent) => agent.holder === holder);
    if (keeper && heldBy(keeper) < share && opens(keeper, symbol)) give(symbol, keeper);
  }
  for (const { symbol } of tickers) {
    if (dealt.has(symbol)) continue;
    const [fewest] = able.filter((agent) => opens(agent, symbol))
      .sort((a, b) => heldBy(a) - heldBy(b) || a.holder.localeCompare(b.holder));
    if (fewest) give(symbol, fewest);
  }
  return dealt;
}

const ableRow = z.object({
  holder: z.string(),
  tickers: z.array(z.string()).nullable(),
  isWell: z.boolean(),
});
const tickerRow = z.object({ symbol: z.string(), holder: z.string().nullable() });

/**
 * Deals the leases anew; `true` where some changed. One server at a time does it, so that no ticker
 * ever has two holders. A ticker that an agent reads by hand is left to it. An agent whose feed was
 * dead for a minute gets none, unless all are.
 */
export async function renewLeases(sql: Sql, windowMs: number): Promise<boolean> {
  return await sql.begin(async (transaction) => {
    await transaction`SELECT pg_advisory_xact_lock(hashtext('lastmark leases'))`;
    const agents = (await transaction`
      SELECT holder, to_jsonb(tickers) AS tickers, alive_at > now() - interval '1 minute' AS "isWell"
      FROM agent_sessions
      WHERE auto AND expires_at > now()
      ORDER BY holder`).map((row) => ableRow.parse(row));
    const well = agents.filter(({ isWell }) => isWell);
    const tickers = (await transaction`
      SELECT t.symbol, l.holder
      FROM tickers AS t
      LEFT JOIN ticker_leases AS l ON l.ticker_id = t.id
      WHERE (
          EXISTS (SELECT FROM deals AS d WHERE d.ticker_id = t.id AND d.removed_at IS NULL)
          OR EXISTS (SELECT FROM watches AS w WHERE w.ticker_id = t.id)
        )
        AND NOT EXISTS (
          SELECT FROM agent_sessions AS s
          WHERE NOT s.auto AND s.expires_at > now() AND s.feed_alive AND t.symbol = ANY (s.reads)
        )
        -- Of an older version, an agent writes without a session.
        AND NOT (
          t.owner_agent IS NOT NULL
          AND t.owned_at + ${windowMs}::integer * interval '1 millisecond' > domain_now()
          AND NOT EXISTS (SELECT FROM agent_sessions AS s WHERE s.agent = t.owner_agent)
        )
      ORDER BY t.id`).map((row) => tickerRow.parse(row));
    const dealt = dealLeases(tickers, well.length > 0 ? well : agents);
    const symbols = [...dealt.keys()].join(",");
    const holders = [...dealt.values()].join(",");
    const [counts] = await transaction`
      WITH
      dealt AS (
        SELECT t.id AS ticker_id, d.holder
        FROM unnest(string_to_array(${symbols}, ','), string_to_array(${holders}, ',')::uuid[])
          AS d (symbol, holder)
        JOIN tickers AS t ON t.symbol = d.symbol
      ),
      gone AS (
        DELETE FROM ticker_leases AS l
        WHERE NOT EXISTS (SELECT FROM dealt AS d WHERE d.ticker_id = l.ticker_id)
        RETURNING 1
      ),
      moved AS (
        INSERT INTO ticker_leases AS l (ticker_id, holder)
        SELECT ticker_id, holder FROM dealt
        ON CONFLICT (ticker_id) DO UPDATE SET holder = excluded.holder, since = now()
        WHERE l.holder <> excluded.holder
        RETURNING 1
      )
      SELECT (SELECT count(*) FROM gone)::integer + (SELECT count(*) FROM moved)::integer AS changed`;
    return counts?.["changed"] !== 0;
  });
}

const leaseRow = z.object({ holder: z.string(), symbol: z.string(), deal: z.boolean() });

/** A ticker that is leased. */
export type Lease = z.infer<typeof leaseRow>;

/** The leases of some holders, in order. */
export async function leasesOf(sql: Sql, holders: readonly string[]): Promise<Lease[]> {
  const rows = await sql`
    SELECT l.holder, t.symbol, EXISTS (
      SELECT FROM deals AS d WHERE d.ticker_id = t.id AND d.removed_at IS NULL
    ) AS deal
    FROM ticker_leases AS l
    JOIN tickers AS t ON t.id = l.ticker_id
    WHERE l.holder = ANY (string_to_array(${holders.join(",")}, ',')::uuid[])
    ORDER BY t.symbol`;
  return rows.map((row) => leaseRow.parse(row));
}
