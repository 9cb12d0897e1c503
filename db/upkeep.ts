/** What has to be done from time to time, by any program that is there, any number of times. */
import { forgetSessions } from "./agent_sessions.ts";
import type { Sql } from "./connect.ts";
import { ensurePartitions } from "./partitions.ts";

/** How often a program that runs on calls {@link upkeep} and `maintain()` (`maintain.ts`). */
export const UPKEEP_EVERY_MS = 3_600_000;

/** Makes the partitions of the weeks to come, and forgets what is over: idempotency keys, sessions, requests, events, links and tokens. */
export async function upkeep(sql: Sql): Promise<void> {
  await ensurePartitions(sql);
  await forgetSessions(sql);
  await sql`DELETE FROM agent_events WHERE at < now() - interval '7 days'`;
  await sql`
    DELETE FROM user_sessions
    WHERE coalesce(revoked_at, expires_at) < now() - interval '30 days'`;
  await sql`DELETE FROM sign_in_links WHERE expires_at < now() - interval '1 day'`;
  await sql`DELETE FROM refresh_tokens WHERE expires_at < now() - interval '1 day'`;
  await sql`DELETE FROM idempotency WHERE created_at < now() - interval '30 days'`;
}
