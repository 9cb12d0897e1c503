/** What agents did lately (`agent_activity`). */
import { z } from "zod";
import type { Sql } from "./connect.ts";

const row = z.object({
  agent: z.string(),
  lastSeenAtMs: z.number().nullable(),
  updates: z.number(),
  snapshots: z.number(),
  averageContracts: z.number().nullable(),
  contractsPerHour: z.number(),
  starts: z.number(),
  conflicts: z.number(),
  failureRatio: z.number().nullable(),
});

/** One agent's activity. */
export type AgentActivity = z.infer<typeof row>;

/** The activity of every agent that ever had a key or sent a chain, in order of their names. */
export async function agentActivity(sql: Sql): Promise<AgentActivity[]> {
  const rows = await sql`
    SELECT
      agent,
      (extract(epoch FROM last_seen_at) * 1000)::double precision AS "lastSeenAtMs",
      (snapshots + updates)::integer AS updates,
      snapshots::integer,
      average_contracts::double precision AS "averageContracts",
      contracts_per_hour::double precision AS "contractsPerHour",
      starts::integer,
      conflicts::integer,
      failure_ratio::double precision AS "failureRatio"
    FROM agent_activity
    ORDER BY agent`;
  return rows.map((each) => row.parse(each));
}
