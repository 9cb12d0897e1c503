import { strict as assert } from "node:assert";
import { type GatewaySigns, noSigns, stateOf } from "./state.ts";

const MINUTE_MS = 60_000;
const NOW_MS = 60 * MINUTE_MS;
const ago = (minutes: number): number => NOW_MS - minutes * MINUTE_MS;

/** Each state by what was seen. */
const TABLE: readonly [what: string, signs: Partial<GatewaySigns>, state: string][] = [
  ["nothing was tried yet", {}, "connecting"],
  ["nobody listens, and never did", { failure: "down", failingSinceMs: ago(1) }, "gateway_down"],
  [
    "nobody listens, a minute after a connection",
    { failure: "down", failingSinceMs: ago(1), closedAtMs: ago(1) },
    "restarting",
  ],
  [
    "nobody listens, ten minutes after a connection",
    { failure: "down", failingSinceMs: ago(10), closedAtMs: ago(10) },
    "gateway_down",
  ],
  [
    "the connection ended a moment after 1100",
    { closedAtMs: NOW_MS, lostIbAtMs: ago(1) },
    "restarting",
  ],
  [
    "the connection ended long after 1100",
    { closedAtMs: NOW_MS, lostIbAtMs: ago(30) },
    "connecting",
  ],
  ["it accepts and says nothing", { failure: "deaf", failingSinceMs: ago(1) }, "deaf"],
  [
    "it says nothing after a restart",
    { failure: "deaf", failingSinceMs: ago(1), closedAtMs: ago(3), wasDown: true },
    "logged_out",
  ],
  ["it says nothing for long", { failure: "deaf", failingSinceMs: ago(6) }, "logged_out"],
  ["the client ID is another's", { failure: "id_taken" }, "id_taken"],
  ["a connection", { openSinceMs: ago(1) }, "ok"],
  ["a connection after a deaf one, and silent", { openSinceMs: ago(0), failure: "deaf" }, "deaf"],
  [
    "1100 and nothing since",
    { openSinceMs: ago(9), isWithoutIb: true, lostIbAtMs: ago(2) },
    "farm_down",
  ],
  [
    "1100 and nothing since, for long",
    { openSinceMs: ago(30), isWithoutIb: true, lostIbAtMs: ago(11) },
    "logged_out",
  ],
  ["1100 and 1102 since", { openSinceMs: ago(9), lostIbAtMs: ago(2) }, "ok"],
  ["10197", { openSinceMs: ago(9), competingSinceMs: ago(1) }, "competing_session"],
  [
    "10197, and farms that flap around it",
    { openSinceMs: ago(9), competingSinceMs: ago(1), brokenFarms: new Map([["usfarm", 2103]]) },
    "competing_session",
  ],
  [
    "a farm is broken",
    { openSinceMs: ago(9), brokenFarms: new Map([["usopt", 2103]]) },
    "farm_down",
  ],
];

for (const [what, signs, state] of TABLE) {
  Deno.test(`${what}: ${state}`, () => {
    assert.equal(stateOf({ ...noSigns(300), ...signs }, NOW_MS).state, state);
  });
}
