/**
 * How the agent gets along with its gateway, decided from what was seen: one function, no clock. What
 * each sign means is in `docs/agents/states.md`, with its source.
 */
import type { AgentState } from "../../options/agent_state.ts";

/** What was seen. Times are of the monotonic clock; `null` is never, or not now. */
export interface GatewaySigns {
  /** Since when there is a connection. */
  readonly openSinceMs: number | null;
  /**
   * Why the last attempt failed, since there was a connection; `null` before the first failure. With
   * a connection: `deaf`, as the one before was, until this one shows that it is alive.
   */
  readonly failure: "down" | "deaf" | "id_taken" | null;
  /** When attempts began to fail for this reason. */
  readonly failingSinceMs: number | null;
  /** An attempt since the last connection found nobody listening. */
  readonly wasDown: boolean;
  /** When the last connection ended. */
  readonly closedAtMs: number | null;
  /** When the gateway last said that it lost IB (1100), on this or on the last connection. */
  readonly lostIbAtMs: number | null;
  /** The gateway is without IB now: 1100, and neither 1101 nor 1102 since. */
  readonly isWithoutIb: boolean;
  /** Since when another session has the market data (10197). */
  readonly competingSinceMs: number | null;
  /** Farms that are broken now, by name, with their code. */
  readonly brokenFarms: ReadonlyMap<string, number>;
  readonly clientId: number;
}

/** A state, and what it is about. */
export interface DecidedState {
  readonly state: AgentState;
  readonly detail: string | null;
}

/** A gateway that answered a moment ago and listens no more restarts; later it was ended. */
export const RESTART_MS = 5 * 60_000;

/** 1100 comes so long before the sockets of a restart are dropped. */
const NOTICE_MS = 2 * 60_000;

/** A login that waits looks like a deaf gateway; after so long it is the likelier of the two. */
const LOGIN_MS = 5 * 60_000;

/** IB is away for minutes every night; longer than so, somebody must log in. */
const WITHOUT_IB_MS = 10 * 60_000;

/**
 * Decides.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { noSigns, stateOf } from "./state.ts";
 * assert.equal(stateOf({ ...noSigns(300), openSinceMs: 5 }, 10).state, "ok");
 * assert.equal(stateOf({ ...noSigns(300), failure: "id_taken" }, 10).detail, "client ID 300");
 * ```
 */
export function stateOf(signs: GatewaySigns, nowMs: number): DecidedState {
  return signs.openSinceMs === null ? notConnected(signs, nowMs) : connected(signs, nowMs);
}

/** Nothing was seen yet. */
export function noSigns(clientId: number): GatewaySigns {
  return {
    openSinceMs: null,
    failure: null,
    failingSinceMs: null,
    wasDown: false,
    closedAtMs: null,
    lostIbAtMs: null,
    isWithoutIb: false,
    competingSinceMs: null,
    brokenFarms: new Map(),
    clientId,
  };
}

function notConnected(signs: GatewaySigns, nowMs: number): DecidedState {
  const { failure, failingSinceMs, closedAtMs, lostIbAtMs, wasDown } = signs;
  switch (failure) {
    case null: {
      const wasLost = closedAtMs !== null && lostIbAtMs !== null &&
        closedAtMs - lostIbAtMs < NOTICE_MS;
      return { state: wasLost ? "restarting" : "connecting", detail: null };
    }
    case "id_taken":
      return { state: "id_taken", detail: `client ID ${signs.clientId}` };
    case "deaf": {
      const deafMs = nowMs - (failingSinceMs ?? nowMs);
      // After a restart, on Sundays always, the login waits for its second factor.
      const waits = (wasDown && closedAtMs !== null) || deafMs >= LOGIN_MS;
      return waits
        ? { state: "logged_out", detail: "it accepts connections and waits, as for a login" }
        : { state: "deaf", detail: null };
    }
    case "down": {
      const isRecent = closedAtMs !== null && nowMs - closedAtMs < RESTART_MS;
      return { state: isRecent ? "restarting" : "gateway_down", detail: null };
    }
  }
}

function connected(signs: GatewaySigns, nowMs: number): DecidedState {
  if (signs.failure === "deaf") {
    return { state: "deaf", detail: "it answers the handshake, and nothing since" };
  }
  const { isWithoutIb, lostIbAtMs, competingSinceMs, brokenFarms } = signs;
  if (isWithoutIb) {
    const isLong = lostIbAtMs !== null && nowMs - lostIbAtMs >= WITHOUT_IB_MS;
    return { state: isLong ? "logged_out" : "farm_down", detail: "1100: no connection to IB" };
  }
  if (competingSinceMs !== null) return { state: "competing_session", detail: "10197" };
  const [broken] = brokenFarms;
  if (broken) return { state: "farm_down", detail: `${broken[1]} ${broken[0]}` };
  return { state: "ok", detail: null };
}
