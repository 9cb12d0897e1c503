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
}

const agent = z.object({
  name: z.string(),
  lastSeenAtMs: z.number().nullable(),
});

/** All agents, in order of their name. */
export async function listAgents(sql: Sql): Promise<Agent[]> {
  const rows = await sql`
    SELECT
      name,
      (extract(epoch FROM last_seen_at) * 1000)::double precision AS "lastSeenAtMs"
    FROM agents
    ORDER BY name`;
  return rows.map((row) => agent.parse(row));
}
