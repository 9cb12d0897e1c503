/** What agents told of themselves and when it changed (`agent_events`). */
import { z } from "zod";
import type { Sql } from "./connect.ts";

const row = z.object({
  atMs: z.number(),
  agent: z.string(),
  event: z.enum(["session", "state"]),
  state: z.string(),
  detail: z.string().nullable(),
});

/** One event; times are real time. */
export type AgentEvent = z.infer<typeof row>;

/** Events listed at most. */
const MOST = 200;

/** The events of the last so many milliseconds, the newest first. */
export async function agentEvents(sql: Sql, lastMs: number): Promise<AgentEvent[]> {
  const rows = await sql`
    SELECT
      (extract(epoch FROM at) * 1000)::double precision AS "atMs",
      agent,
      event,
      state,
      detail
    FROM agent_events
    WHERE at > now() - ${lastMs}::double precision * interval '1 millisecond'
    ORDER BY at DESC, id DESC
    LIMIT ${MOST}`;
  return rows.map((each) => row.parse(each));
}
