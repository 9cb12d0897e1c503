/**
 * The agents that ever had a key or sent a chain.
 */
import { z } from "zod";
import type { Sql } from "./connect.ts";

/** A named source of prices. */
export interface Agent {
  readonly name: string;
  /** Domain time, to the nearest five seconds; `null` where it was never heard of. */
  readonly lastSeenAtMs: number | null;
  /** The tickers it wrote last. */
  readonly tickers: readonly string[];
}

const agent = z.object({
  name: z.string(),
  lastSeenAtMs: z.number().nullable(),
  tickers: z.string().transform((text) => (text === "" ? [] : text.split(","))),
});

/** All agents, in order of their name. */
export async function listAgents(sql: Sql): Promise<Agent[]> {
  const rows = await sql`
    SELECT
      a.name,
      (extract(epoch FROM a.last_seen_at) * 1000)::double precision AS "lastSeenAtMs",
      coalesce(string_agg(t.symbol, ',' ORDER BY t.symbol), '') AS tickers
    FROM agents AS a
    LEFT JOIN tickers AS t ON t.owner_agent = a.name
    GROUP BY a.name, a.last_seen_at
    ORDER BY a.name`;
  return rows.map((row) => agent.parse(row));
}

/** Notes that an agent was heard of, by a call that stores nothing. */
export async function noteAgentSeen(sql: Sql, name: string): Promise<void> {
  await sql`
    INSERT INTO agents (name, last_seen_at) VALUES (${name}, domain_now())
    ON CONFLICT (name) DO UPDATE SET last_seen_at = excluded.last_seen_at`;
}
