/**
 * Windows without a write: an agent's heartbeat keeps the tickers that are its own
 * (`docs/specs/conflict.md`, C-11 to C-13).
 */
import { z } from "zod";
import type { Ticker } from "../options/contract.ts";
import type { Sql } from "./connect.ts";

/** What a heartbeat says. */
export interface Heartbeat {
  readonly agentId: string;
  readonly tickers: readonly Ticker[];
  /** Whether prices reach the agent; where they do not, no window is kept. */
  readonly feedAlive: boolean;
  /** How long a ticker belongs to the agent that wrote it last. */
  readonly windowMs: number;
}

const owned = z.object({ symbol: z.string() });

/**
 * Begins the window anew of each named ticker that this agent wrote last, and notes that the agent
 * was heard of. Returns the symbols of those that are its own now. One statement, so that of a
 * heartbeat and another agent's write one decides; rows are locked in the order of their ID, so
 * that two heartbeats never wait for each other in a circle.
 */
export async function renewWindows(sql: Sql, heartbeat: Heartbeat): Promise<string[]> {
  const rows = await sql`
    WITH
    input AS (
      SELECT
        ${heartbeat.agentId}::text AS agent_id,
        ${heartbeat.feedAlive}::boolean AS feed_alive,
        ${heartbeat.windowMs}::integer * interval '1 millisecond' AS window_length
    ),
    own AS MATERIALIZED (
      SELECT t.id, t.symbol
      FROM tickers AS t, input
      WHERE t.symbol = ANY (string_to_array(${heartbeat.tickers.join(",")}::text, ','))
        AND t.owner_agent = input.agent_id
        AND (input.feed_alive OR t.owned_at + input.window_length > domain_now())
      ORDER BY t.id
      FOR NO KEY UPDATE OF t
    ),
    renewed AS (
      UPDATE tickers AS t
      SET owned_at = greatest(t.owned_at, domain_now())
      FROM own, input
      WHERE t.id = own.id AND input.feed_alive
    ),
    -- As in the ingest statement: rarely, and never waiting.
    seen AS (
      UPDATE agents
      SET last_seen_at = domain_now()
      WHERE name IN (
        SELECT a.name
        FROM agents AS a, input
        WHERE a.name = input.agent_id
          AND (a.last_seen_at IS NULL OR a.last_seen_at < domain_now() - interval '5 seconds')
        FOR NO KEY UPDATE OF a SKIP LOCKED
      )
    ),
    registered AS (
      INSERT INTO agents (name, last_seen_at)
      SELECT input.agent_id, domain_now()
      FROM input
      WHERE NOT EXISTS (SELECT FROM agents WHERE name = input.agent_id)
      ON CONFLICT DO NOTHING
    )
    SELECT symbol FROM own ORDER BY symbol`;
  return rows.map((row) => owned.parse(row).symbol);
}
