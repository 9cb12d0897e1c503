/** Agents' sessions, with whatever server each is; a server that dies leaves rows that expire. */
import { z } from "zod";
import type { Ticker } from "../options/contract.ts";
import { type AgentStatus, agentStatus } from "../options/wire/agent_status.ts";
import type { Sql } from "./connect.ts";

/** A session that begins. */
export interface OpenedSession {
  /** The run of the agent's program, or the session itself where it names none. */
  readonly holder: string;
  readonly sessionId: string;
  readonly serverId: string;
  readonly agent: string;
  readonly version: string | null;
  readonly takes: readonly string[];
  readonly auto: boolean;
  readonly tickers: readonly Ticker[] | null;
  readonly isRun: boolean;
  readonly lastsMs: number;
}

/** Notes a session that begins, in place of the one that its holder had. */
export async function openSession(sql: Sql, opened: OpenedSession): Promise<void> {
  const { holder, sessionId, serverId, agent, version, auto, isRun, lastsMs } = opened;
  const takes = opened.takes.join(",");
  const tickers = opened.tickers?.join(",") ?? null;
  await sql`
    WITH run AS (
      INSERT INTO agent_runs (run_id, agent, version)
      SELECT ${holder}::uuid, ${agent}, ${version} WHERE ${isRun}::boolean
      ON CONFLICT (run_id) DO UPDATE SET seen_at = now()
    )
    INSERT INTO agent_sessions (
      holder, session_id, server_id, agent, version, takes, auto, tickers, expires_at
    )
    VALUES (
      ${holder}::uuid, ${sessionId}::uuid, ${serverId}::uuid, ${agent}, ${version},
      string_to_array(${takes}, ','), ${auto}, string_to_array(${tickers}::text, ','),
      now() + ${lastsMs}::integer * interval '1 millisecond'
    )
    ON CONFLICT (holder) DO UPDATE
    SET
      session_id = excluded.session_id, server_id = excluded.server_id, agent = excluded.agent,
      version = excluded.version, takes = excluded.takes, auto = excluded.auto,
      tickers = excluded.tickers, seen_at = now(), expires_at = excluded.expires_at`;
}

/** A heartbeat: the session goes on; nothing where another line took its place. */
export async function beatSession(sql: Sql, beat: {
  readonly sessionId: string;
  readonly feedAlive: boolean;
  readonly reads: readonly string[];
  readonly lastsMs: number;
}): Promise<void> {
  await sql`
    UPDATE agent_sessions
    SET
      feed_alive = ${beat.feedAlive},
      alive_at = CASE WHEN ${beat.feedAlive}::boolean THEN now() ELSE alive_at END,
      reads = string_to_array(${beat.reads.join(",")}, ','),
      seen_at = now(),
      expires_at = now() + ${beat.lastsMs}::integer * interval '1 millisecond'
    WHERE session_id = ${beat.sessionId}::uuid`;
}

/** What the agent tells of itself. */
export async function noteStatus(
  sql: Sql,
  sessionId: string,
  status: AgentStatus,
): Promise<void> {
  const { started, failed, conflicts } = status.counts;
  await sql`
    WITH session AS (
      UPDATE agent_sessions
      SET state = ${status.gateway.state}, status = ${JSON.stringify(status)}::text::jsonb
      WHERE session_id = ${sessionId}::uuid
      RETURNING holder
    )
    UPDATE agent_runs AS r
    SET
      seen_at = now(),
      reads_started = ${started}::bigint,
      reads_failed = ${failed}::bigint,
      conflicts = ${conflicts}::bigint
    FROM session
    WHERE r.run_id = session.holder`;
}

/** A line is gone: its agent has a moment to come back in the same run. */
export async function loseSession(sql: Sql, sessionId: string, graceMs: number): Promise<void> {
  await sql`
    UPDATE agent_sessions
    SET expires_at = least(expires_at, now() + ${graceMs}::integer * interval '1 millisecond')
    WHERE session_id = ${sessionId}::uuid`;
}

/** An agent that has, or lately had, a session. */
export interface SeenAgent {
  readonly holder: string;
  readonly agent: string;
  readonly version: string | null;
  readonly isThere: boolean;
  readonly feedAlive: boolean;
  readonly status: AgentStatus | null;
  readonly startedAtMs: number;
  readonly seenAtMs: number;
  readonly leases: readonly string[];
}

const seenRow = z.object({
  holder: z.string(),
  agent: z.string(),
  version: z.string().nullable(),
  isThere: z.boolean(),
  feedAlive: z.boolean(),
  // Of another version it may have another form.
  status: z.unknown().transform((json) => agentStatus.safeParse(json).data ?? null),
  startedAtMs: z.number(),
  seenAtMs: z.number(),
  leases: z.array(z.string()),
});

/** How long an agent that left is still told of. */
const TOLD_FOR = "1 day";

/** All agents of the last day, in order of their name; the newest run of each. */
export async function seenAgents(sql: Sql): Promise<SeenAgent[]> {
  const rows = await sql`
    SELECT DISTINCT ON (s.agent)
      s.holder,
      s.agent,
      s.version,
      s.expires_at > now() AS "isThere",
      s.feed_alive AS "feedAlive",
      s.status,
      (extract(epoch FROM s.started_at) * 1000)::double precision AS "startedAtMs",
      (extract(epoch FROM s.seen_at) * 1000)::double precision AS "seenAtMs",
      coalesce(
        (
          SELECT jsonb_agg(t.symbol ORDER BY t.symbol)
          FROM ticker_leases AS l
          JOIN tickers AS t ON t.id = l.ticker_id
          WHERE l.holder = s.holder
        ),
        '[]'
      ) AS leases
    FROM agent_sessions AS s
    WHERE s.seen_at > now() - ${TOLD_FOR}::text::interval
    ORDER BY s.agent, s.expires_at > now() DESC, s.seen_at DESC`;
  return rows.map((row) => seenRow.parse(row));
}

/** Forgets sessions and requests that are over for a day. */
export async function forgetSessions(sql: Sql): Promise<void> {
  await sql`DELETE FROM agent_sessions WHERE seen_at < now() - ${TOLD_FOR}::text::interval`;
  await sql`DELETE FROM agent_requests WHERE ended_at < now() - ${TOLD_FOR}::text::interval`;
  await sql`DELETE FROM agent_runs WHERE seen_at < now() - interval '30 days'`;
}
