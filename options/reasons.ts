/**
 * The one table of reasons why a price is not newer, shared by agent, API, metrics and pages
 * (design, "Age, kind, reason"). Each sentence says what is so and what to do.
 */
import { isMarketOpen, lastCloseMs } from "./calendar.ts";
import { FRESHNESS_LIMIT_MS } from "./freshness.ts";

/** A reason's stable name, for machines. */
export type ReasonCode =
  | "market_closed"
  | "agent_offline"
  | "gateway_down"
  | "gateway_logged_out"
  | "gateway_deaf"
  | "gateway_restarting"
  | "client_id_taken"
  | "competing_session"
  | "farm_down"
  | "no_subscription"
  | "line_budget"
  | "mute_feed"
  | "standby"
  | "never_quoted";

/** A reason as it is shown. */
export interface Reason {
  readonly code: ReasonCode;
  readonly label: string;
  readonly sentence: string;
}

/** All reasons by code. */
export const REASONS: Readonly<Record<ReasonCode, Reason>> = {
  market_closed: {
    code: "market_closed",
    label: "market closed",
    sentence: "The market is closed; new prices come when it opens.",
  },
  agent_offline: {
    code: "agent_offline",
    label: "agent offline",
    sentence:
      "No agent is sending prices; start one where TWS or IB Gateway runs: deno task agent run.",
  },
  gateway_down: {
    code: "gateway_down",
    label: "gateway down",
    sentence:
      "The agent finds no TWS or IB Gateway at its address; start it and enable its API port.",
  },
  gateway_logged_out: {
    code: "gateway_logged_out",
    label: "gateway logged out",
    sentence: "The gateway has no connection to IB's servers; log in to it again.",
  },
  gateway_deaf: {
    code: "gateway_deaf",
    label: "gateway deaf",
    sentence: "The gateway accepts connections and does not answer; restart it.",
  },
  gateway_restarting: {
    code: "gateway_restarting",
    label: "gateway restarting",
    sentence: "The gateway is in its daily restart; prices come back by themselves within minutes.",
  },
  client_id_taken: {
    code: "client_id_taken",
    label: "client ID taken",
    sentence: "Another program uses the agent's client ID; end it or give the agent another range.",
  },
  competing_session: {
    code: "competing_session",
    label: "competing session",
    sentence:
      "Someone logged in to TWS with the same user; log out there to let the agent read again.",
  },
  farm_down: {
    code: "farm_down",
    label: "farm down",
    sentence: "IB's market-data farm is not connected; IB restores it, nothing is to be done here.",
  },
  no_subscription: {
    code: "no_subscription",
    label: "no subscription",
    sentence:
      "The login has no market-data subscription for this exchange; add it in IB's client portal.",
  },
  line_budget: {
    code: "line_budget",
    label: "line budget",
    sentence:
      "All market-data lines of the login are in use; free some or raise the agent's share.",
  },
  mute_feed: {
    code: "mute_feed",
    label: "mute feed",
    sentence: "The gateway accepts the request and sends no tick; the agent asks again by itself.",
  },
  standby: {
    code: "standby",
    label: "standby",
    sentence: "This agent waits while another one holds the ticker.",
  },
  never_quoted: {
    code: "never_quoted",
    label: "never quoted",
    sentence: "No price was ever quoted for this since it is watched.",
  },
};

/** What is known when one asks why a chain is not newer. */
export interface ReasonFacts {
  readonly nowMs: number;
  /** The ticker or root, whose market's hours count. */
  readonly ticker: string;
  /** When the newest of what is shown was seen; null where nothing ever was. */
  readonly asOfMs: number | null;
  /** Whether an agent that reads the ticker was heard of lately; null where that is not known. */
  readonly agentOnline: boolean | null;
  /** Why that agent brings nothing newer, as it says itself. */
  readonly agentReason?: ReasonCode | null;
}

/**
 * Why a chain is not newer, where something explains it; null where it is live, or where nothing
 * known explains it. A closed market explains only a price of its last session's end; one older
 * than that missed a session, so the agent is asked first.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { reasonFor } from "./reasons.ts";
 * const saturday = Date.UTC(2026, 6, 18, 15);
 * const fridaysClose = Date.UTC(2026, 6, 17, 20);
 * const facts = { nowMs: saturday, ticker: "EA", asOfMs: fridaysClose, agentOnline: true };
 * assert(reasonFor(facts)?.code === "market_closed");
 * ```
 */
export function reasonFor(facts: ReasonFacts): Reason | null {
  const { nowMs, ticker, asOfMs, agentOnline } = facts;
  const said = facts.agentReason ? REASONS[facts.agentReason] : null;
  if (asOfMs === null) {
    return agentOnline === false ? REASONS.agent_offline : said ?? REASONS.never_quoted;
  }
  if (nowMs - asOfMs < FRESHNESS_LIMIT_MS.live) return null;
  const closed = !isMarketOpen(nowMs, ticker);
  const ofLastClose = asOfMs >= lastCloseMs(nowMs, ticker) - FRESHNESS_LIMIT_MS.live;
  if (closed && ofLastClose) return REASONS.market_closed;
  if (agentOnline === false) return REASONS.agent_offline;
  return said ?? (closed ? REASONS.market_closed : null);
}
