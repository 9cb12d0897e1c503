/** The agent's figures for Prometheus, made from its status when they are asked for. */
import { Gauge, Registry } from "prom-client";
import { AGENT_STATES } from "../../options/agent_state.ts";
import type { AgentStatus } from "../../options/wire/agent_status.ts";

/** A figure: its name behind `lastmark_agent_`, what it is, and where it comes from. */
type Figure = readonly [name: string, help: string, value: (status: AgentStatus) => number];

const SECOND_MS = 1_000;

const FIGURES: readonly Figure[] = [
  [
    "connected",
    "Whether the agent is connected to its gateway",
    ({ gateway }) => gateway.connected ? 1 : 0,
  ],
  ["lines_used", "Market-data lines in use", ({ gateway }) => gateway.lines.used],
  ["lines_limit", "Market-data lines that may be used", ({ gateway }) => gateway.lines.limit],
  [
    "message_rate",
    "Messages to the gateway in the last second",
    ({ gateway }) => gateway.messageRate,
  ],
  ["reconnect_attempts_total", "Attempts to connect", ({ gateway }) => gateway.reconnectAttempts],
  [
    "reconnect_failures_total",
    "Attempts to connect that failed",
    ({ gateway }) => gateway.reconnectFailures,
  ],
  ["heartbeat_failures_total", "Questions for the time that the gateway did not answer", ({
    gateway,
  }) => gateway.heartbeatFailures],
  ["reads_started_total", "Chain reads begun", ({ counts }) => counts.started],
  ["reads_total", "Chains read whole", ({ counts }) => counts.read],
  ["reads_failed_total", "Chain reads that ended without a chain", ({ counts }) => counts.failed],
  [
    "conflicts_total",
    "Snapshots that the server refused for another agent's",
    ({ counts }) => counts.conflicts,
  ],
  ["mute_found_total", "Feeds that were found mute", ({ counts }) => counts.muteFound],
  ["spool_waiting", "Snapshots that wait to be sent", ({ spool }) => spool.waiting],
  ["spool_bytes", "Bytes of the snapshots that wait", ({ spool }) => spool.bytes],
  [
    "spool_dropped_total",
    "Snapshots lost to a full or damaged spool",
    ({ spool }) => spool.dropped,
  ],
  ["spool_durable", "Whether the spool is on the disk", ({ spool }) => spool.durable ? 1 : 0],
  [
    "tickers_mute",
    "Tickers whose feed is mute",
    ({ tickers }) => tickers.filter(({ state }) => state === "mute").length,
  ],
  [
    "contracts",
    "Contracts of the newest read of each ticker",
    ({ tickers }) => tickers.reduce((sum, { contracts }) => sum + (contracts ?? 0), 0),
  ],
  [
    "contracts_missing",
    "Contracts that the newest reads did not bring",
    ({ tickers }) => tickers.reduce((sum, { missing }) => sum + (missing ?? 0), 0),
  ],
];

/** Makes what writes the figures of a status, in the text form of Prometheus. */
export function agentMetrics(agentId: string, nowMs: () => number): {
  readonly contentType: string;
  text(status: AgentStatus): Promise<string>;
} {
  const registry = new Registry();
  registry.setDefaultLabels({ agent: agentId });
  const gauges = FIGURES.map(([name, help, value]) => ({
    gauge: new Gauge({ name: `lastmark_agent_${name}`, help, registers: [registry] }),
    value,
  }));
  const state = new Gauge({
    name: "lastmark_agent_state",
    help: "1 for the state that the agent is in",
    labelNames: ["state"],
    registers: [registry],
  });
  const tickAge = new Gauge({
    name: "lastmark_agent_last_tick_age_seconds",
    help: "Seconds since the last price of any subscription",
    registers: [registry],
  });
  return {
    contentType: registry.contentType,
    async text(status) {
      for (const { gauge, value } of gauges) gauge.set(value(status));
      for (const each of AGENT_STATES) {
        state.set({ state: each }, each === status.gateway.state ? 1 : 0);
      }
      const { lastTickAtMs } = status.gateway;
      tickAge.set(lastTickAtMs === null ? NaN : (nowMs() - lastTickAtMs) / SECOND_MS);
      return await registry.metrics();
    },
  };
}
