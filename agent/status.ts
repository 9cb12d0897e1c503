/** What the agent tells of itself, put together from its parts: one value, no I/O. */
import type { AgentState } from "../options/agent_state.ts";
import type { Ticker } from "../options/contract.ts";
import {
  type AgentStatus,
  type GatewayStatus,
  MAX_STATUS_TICKERS,
  type TickerStatus,
} from "../options/wire/agent_status.ts";
import type { ReaderState } from "./reading.ts";

/** What a status is made of. */
export interface StatusParts {
  readonly gateway: Omit<GatewayStatus, "lines" | "messageRate">;
  readonly lines: GatewayStatus["lines"];
  readonly messageRate: number;
  readonly reader: ReaderState;
  /** What the agent is to read and stream. */
  readonly tickers: readonly Ticker[];
  /** Whether another agent has the ticker. */
  readonly standsBy: (ticker: Ticker) => boolean;
  readonly spool: AgentStatus["spool"];
  readonly conflicts: number;
}

/**
 * The status. A connection that is well is not enough: where every ticker is mute, without a
 * subscription or another agent's, that is the agent's state.
 */
export function agentStatusOf(parts: StatusParts): AgentStatus {
  const { gateway, reader } = parts;
  const tickers = parts.tickers.slice(0, MAX_STATUS_TICKERS).map((ticker) =>
    tickerStatusOf(ticker, parts)
  );
  const states = new Set(tickers.map(({ state }) => state));
  const [only] = states;
  const state = gateway.state === "ok" && states.size === 1 && only ? only : gateway.state;
  return {
    gateway: { ...gateway, state, lines: parts.lines, messageRate: parts.messageRate },
    tickers,
    spool: parts.spool,
    counts: {
      ...reader.counts,
      conflicts: parts.conflicts,
      muteFound: reader.muteFound,
    },
  };
}

function tickerStatusOf(ticker: Ticker, parts: StatusParts): TickerStatus {
  const { reader } = parts;
  const last = reader.lastReads.find((read) => read.ticker === ticker);
  const reading = reader.reading.find((read) => read.ticker === ticker);
  return {
    ticker,
    state: stateOfTicker(ticker, parts),
    reading: reading ? { done: reading.done, total: reading.total } : null,
    streaming: reader.streams.some((stream) => stream.ticker === ticker),
    lastReadAtMs: last ? Math.round(last.atMs) : null,
    lastReadSeconds: last?.seconds ?? null,
    contracts: last?.contracts ?? null,
    missing: last?.missing ?? null,
  };
}

function stateOfTicker(ticker: Ticker, { gateway, reader, standsBy }: StatusParts): AgentState {
  if (gateway.state !== "ok") return gateway.state;
  if (standsBy(ticker)) return "standby";
  if (reader.mute.includes(ticker)) return "mute";
  const last = reader.lastReads.find((read) => read.ticker === ticker);
  if (last?.contracts === 0 && last.reason === "no_subscription") return "no_subscription";
  const stream = reader.streams.find((each) => each.ticker === ticker);
  const isRefused = stream !== undefined && stream.ticking === 0 && stream.missing.length > 0 &&
    stream.missing.every(({ reason }) => reason === "no_subscription");
  return isRefused ? "no_subscription" : "ok";
}
