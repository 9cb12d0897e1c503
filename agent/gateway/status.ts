/**
 * How the agent gets along with its gateway, at one moment: what `/health`, the session with the
 * server and the metrics tell. Times are real time in milliseconds; `null` is "not so far".
 */
import type { AgentState } from "../../options/agent_state.ts";

/** One moment's status. Plain data: reading it asks nobody. */
export interface GatewayStatus {
  readonly state: AgentState;
  readonly sinceMs: number;
  /** What the state is about, where a person needs more than its sentence: a code, an ID, a farm. */
  readonly detail: string | null;
  readonly connected: boolean;
  /** The client ID in use, or the one that is tried. */
  readonly clientId: number;
  readonly serverVersion: number | null;
  readonly lastDisconnectAtMs: number | null;
  readonly lastDisconnectReason: string | null;
  readonly lastIbError: {
    readonly atMs: number;
    readonly code: number;
    readonly message: string;
  } | null;
  readonly lastReconnectAttemptAtMs: number | null;
  readonly lastReconnectError: string | null;
  readonly reconnectAttempts: number;
  readonly reconnectFailures: number;
  /** The last answer to `reqCurrentTime`. */
  readonly lastHeartbeatAtMs: number | null;
  readonly lastHeartbeatError: string | null;
  readonly heartbeatFailures: number;
  /** The last tick of a price that any subscription brought. */
  readonly lastTickAtMs: number | null;
  readonly lines: { readonly used: number; readonly limit: number };
  /** Messages sent in the last second. */
  readonly messageRate: number;
}
