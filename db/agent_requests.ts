/** What is asked of agents: a row a request, so that any server can ask and any can answer. */
import { z } from "zod";
import { type AgentRequest, type RequestResult, resultMessage } from "../options/wire/session.ts";
import type { Sql } from "./connect.ts";

/** The channel on which servers tell of requests, sessions and leases. */
export const AGENT_CHANNEL = "lastmark_agents";

/** A request that is made. */
export interface NewRequest {
  readonly kind: AgentRequest["kind"];
  /** What makes two requests of a kind the same. */
  readonly subject: string;
  readonly ticker: string | null;
  readonly request: AgentRequest;
  readonly deadlineMs: number;
}

const askedRow = z.object({ id: z.string() });

/**
 * Asks, or joins who asked for the same; `undefined` where no agent is there that could be asked.
 * The server that has the agent's line hears of it.
 */
export async function askAgent(sql: Sql, asked: NewRequest): Promise<string | undefined> {
  const [row] = await sql`
    WITH
    chosen AS (SELECT session_to_ask(${asked.kind}, ${asked.ticker}) AS holder),
    made AS (
      INSERT INTO agent_requests AS r (id, kind, subject, ticker, request, holder, deadline)
      SELECT
        gen_random_uuid(), ${asked.kind}, ${asked.subject}, ${asked.ticker}::text,
        ${JSON.stringify(asked.request)}::text::jsonb, chosen.holder,
        now() + ${asked.deadlineMs}::integer * interval '1 millisecond'
      FROM chosen
      WHERE chosen.holder IS NOT NULL
      ON CONFLICT (kind, subject) WHERE ended_at IS NULL DO UPDATE
      SET deadline = greatest(r.deadline, excluded.deadline)
      RETURNING r.id, r.holder
    )
    SELECT id, pg_notify(${AGENT_CHANNEL}, 'ask ' || coalesce(holder::text, '')) FROM made`;
  return row && askedRow.parse(row).id;
}

/** How a request stands. */
export interface RequestState {
  readonly state: "asked" | "sent" | "first" | "ended";
  readonly done: number;
  readonly total: number;
  readonly outcome: RequestResult | null;
  readonly holder: string | null;
}

const stateRow = z.object({
  id: z.string(),
  state: z.enum(["asked", "sent", "first", "ended"]),
  done: z.number(),
  total: z.number(),
  outcome: resultMessage.shape.outcome.nullable(),
  holder: z.string().nullable(),
});

/** How some requests stand. */
export async function requestStates(
  sql: Sql,
  ids: readonly string[],
): Promise<ReadonlyMap<string, RequestState>> {
  const rows = await sql`
    SELECT id, state, done, total, outcome, holder
    FROM agent_requests
    WHERE id = ANY (string_to_array(${ids.join(",")}, ',')::uuid[])`;
  return new Map(rows.map((row) => {
    const { id, ...state } = stateRow.parse(row);
    return [id, state];
  }));
}

const sendRow = z.object({ id: z.string(), holder: z.string(), request: z.unknown() });

/** A request that is to be sent over a line of this server. */
export interface RequestToSend {
  readonly id: string;
  readonly holder: string;
  /** As it was asked; the session's schema reads it. */
  readonly request: unknown;
}

/** Takes the requests that wait for the holders whose lines this server has. */
export async function takeRequests(
  sql: Sql,
  holders: readonly string[],
): Promise<RequestToSend[]> {
  const rows = await sql`
    UPDATE agent_requests
    SET state = 'sent', orphaned_at = NULL
    WHERE ended_at IS NULL AND state = 'asked'
      AND holder = ANY (string_to_array(${holders.join(",")}, ',')::uuid[])
    RETURNING id, holder, request`;
  return rows.map((row) => sendRow.parse(row));
}

/** A holder has a new line: what it was asked is to be sent again, under the same ID. */
export async function resendRequests(sql: Sql, holder: string): Promise<void> {
  await sql`
    UPDATE agent_requests
    SET state = 'asked', orphaned_at = NULL
    WHERE ended_at IS NULL AND holder = ${holder}::uuid AND state = 'sent'`;
}

/** Progress of a request, while it is open. */
export async function noteProgress(
  sql: Sql,
  id: string,
  progress: { readonly done: number; readonly total: number },
): Promise<void> {
  await sql`
    WITH noted AS (
      UPDATE agent_requests
      SET done = ${progress.done}, total = ${progress.total}
      WHERE id = ${id}::uuid AND ended_at IS NULL
      RETURNING 1
    )
    SELECT pg_notify(${AGENT_CHANNEL}, 'request ' || ${id}) FROM noted`;
}

/** The first contracts are there. */
export async function noteFirst(sql: Sql, id: string): Promise<void> {
  await sql`
    WITH noted AS (
      UPDATE agent_requests SET state = 'first'
      WHERE id = ${id}::uuid AND ended_at IS NULL
      RETURNING 1
    )
    SELECT pg_notify(${AGENT_CHANNEL}, 'request ' || ${id}) FROM noted`;
}

/** A request ended. */
export async function endRequest(sql: Sql, id: string, outcome: RequestResult): Promise<void> {
  await sql`
    WITH noted AS (
      UPDATE agent_requests
      SET state = 'ended', ended_at = now(), outcome = ${JSON.stringify(outcome)}::text::jsonb
      WHERE id = ${id}::uuid AND ended_at IS NULL
      RETURNING 1
    )
    SELECT pg_notify(${AGENT_CHANNEL}, 'request ' || ${id}) FROM noted`;
}

/** An agent that went has so long to come back before another is asked. */
const ORPHAN_WAIT = "5 seconds";

/**
 * Moves requests whose agent went to another, and ends those that are past their deadline: any
 * server does it, each second. Returns the IDs of those that changed.
 */
export async function sweepRequests(sql: Sql): Promise<string[]> {
  const rows = await sql`
    WITH
    late AS (
      UPDATE agent_requests
      SET
        state = 'ended', ended_at = now(),
        outcome = jsonb_build_object(
          'kind', 'failed', 'reason', 'lost', 'message', 'The agent did not answer in time.'
        )
      WHERE ended_at IS NULL AND deadline < now()
      RETURNING id
    ),
    orphaned AS (
      UPDATE agent_requests AS r
      SET orphaned_at = now()
      WHERE r.ended_at IS NULL AND r.orphaned_at IS NULL
        AND NOT EXISTS (
          SELECT FROM agent_sessions AS s WHERE s.holder = r.holder AND s.expires_at > now()
        )
      RETURNING r.id
    ),
    moved AS (
      UPDATE agent_requests AS r
      SET
        holder = session_to_ask(r.kind, r.ticker),
        state = 'asked',
        orphaned_at = CASE WHEN session_to_ask(r.kind, r.ticker) IS NULL THEN r.orphaned_at END
      WHERE r.ended_at IS NULL AND r.orphaned_at < now() - ${ORPHAN_WAIT}::text::interval
        AND NOT EXISTS (SELECT FROM late WHERE late.id = r.id)
        AND NOT EXISTS (
          SELECT FROM agent_sessions AS s WHERE s.holder = r.holder AND s.expires_at > now()
        )
      RETURNING r.id
    )
    SELECT id FROM late UNION ALL SELECT id FROM moved`;
  return rows.map((row) => askedRow.parse(row).id);
}

/** Tells all servers. */
export async function tellServers(sql: Sql, message: string): Promise<void> {
  await sql`SELECT pg_notify(${AGENT_CHANNEL}, ${message})`;
}
