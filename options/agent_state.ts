/**
 * What an agent is doing, in states that a person understands. Each but `connecting` and `ok` is
 * one of the reasons why prices are not newer (`reasons.ts`), which has the sentence that says
 * what to do.
 */
import { type ReasonCode, REASONS } from "./reasons.ts";

/** A state's stable name: in the API, in metrics and on pages. */
export type AgentState =
  | "connecting"
  | "gateway_down"
  | "logged_out"
  | "deaf"
  | "restarting"
  | "id_taken"
  | "competing_session"
  | "farm_down"
  | "no_subscription"
  | "mute"
  | "standby"
  | "ok";

/** The reason that a state gives for prices that are not newer; `null` where it explains nothing. */
export const REASON_OF_STATE: Readonly<Record<AgentState, ReasonCode | null>> = {
  connecting: null,
  gateway_down: "gateway_down",
  logged_out: "gateway_logged_out",
  deaf: "gateway_deaf",
  restarting: "gateway_restarting",
  id_taken: "client_id_taken",
  competing_session: "competing_session",
  farm_down: "farm_down",
  no_subscription: "no_subscription",
  mute: "mute_feed",
  standby: "standby",
  ok: null,
};

/** All states, the worst to get along with first. */
export const AGENT_STATES: readonly AgentState[] = [
  "gateway_down",
  "restarting",
  "deaf",
  "id_taken",
  "logged_out",
  "competing_session",
  "farm_down",
  "no_subscription",
  "mute",
  "standby",
  "connecting",
  "ok",
];

/**
 * One sentence for a person: what is so and what to do.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { sentenceOfState } from "./agent_state.ts";
 * assert.equal(sentenceOfState("ok"), "Prices arrive.");
 * assert(sentenceOfState("logged_out").includes("log in"));
 * ```
 */
export function sentenceOfState(state: AgentState): string {
  const reason = REASON_OF_STATE[state];
  if (reason !== null) return REASONS[reason].sentence;
  return state === "ok" ? "Prices arrive." : "The agent is connecting to the gateway.";
}
