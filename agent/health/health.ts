/** What `/health` says, from what is known already: nobody is asked for it (design, "Health"). */
import { REASON_OF_STATE, sentenceOfState } from "../../options/agent_state.ts";
import type { AgentStatus } from "../../options/wire/agent_status.ts";

/** A moment's health. Times are ISO 8601, `null` is "not so far". */
export type Health = Readonly<Record<string, unknown>> & {
  readonly status: "ok" | "busy" | "degraded" | "down";
};

/**
 * The health of a status. `down`: no prices can come; `degraded`: some do not, or are not safe;
 * `busy`: a chain is being read.
 */
export function healthOf(
  status: AgentStatus,
  agent: { readonly agentId: string; readonly version: string },
): Health {
  const { gateway, tickers, spool, counts } = status;
  const { lastIbError } = gateway;
  return {
    status: statusWord(status),
    connected: gateway.connected,
    state: gateway.state,
    reason: REASON_OF_STATE[gateway.state],
    sentence: sentenceOfState(gateway.state),
    detail: gateway.detail,
    since: iso(gateway.sinceMs),
    ...agent,
    clientId: gateway.clientId,
    serverVersion: gateway.serverVersion,
    lastDisconnectAt: iso(gateway.lastDisconnectAtMs),
    lastDisconnectReason: gateway.lastDisconnectReason,
    lastIbErrorAt: iso(lastIbError?.atMs ?? null),
    lastIbErrorCode: lastIbError?.code ?? null,
    lastIbErrorMessage: lastIbError?.message ?? null,
    lastReconnectAttemptAt: iso(gateway.lastReconnectAttemptAtMs),
    lastReconnectError: gateway.lastReconnectError,
    reconnectAttempts: gateway.reconnectAttempts,
    reconnectFailures: gateway.reconnectFailures,
    lastHeartbeatAt: iso(gateway.lastHeartbeatAtMs),
    lastHeartbeatError: gateway.lastHeartbeatError,
    heartbeatFailures: gateway.heartbeatFailures,
    lastTickAt: iso(gateway.lastTickAtMs),
    linesUsed: gateway.lines.used,
    linesLimit: gateway.lines.limit,
    messageRate: gateway.messageRate,
    spoolDepth: spool.waiting,
    spoolBytes: spool.bytes,
    spoolDurable: spool.durable,
    snapshotsDropped: spool.dropped,
    conflicts: counts.conflicts,
    muteFound: counts.muteFound,
    tickers,
  };
}

function statusWord({ gateway, tickers, spool }: AgentStatus): Health["status"] {
  if (!gateway.connected) return "down";
  if (gateway.state !== "ok" && gateway.state !== "standby") return "degraded";
  const isWell = tickers.every(({ state }) => state === "ok" || state === "standby");
  if (!isWell || !spool.durable) return "degraded";
  return tickers.some(({ reading }) => reading !== null) ? "busy" : "ok";
}

function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
