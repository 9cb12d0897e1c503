import { strict as assert } from "node:assert";
import { type ReasonFacts, reasonFor, REASONS } from "./reasons.ts";

const at = (text: string): number => Date.parse(text);

/** Wednesday, 15 July 2026, an hour into the session. */
const SESSION = at("2026-07-15T14:30:00Z");
const SATURDAY = at("2026-07-18T15:00:00Z");
const FRIDAY_CLOSE = at("2026-07-17T20:00:00Z");
const HOUR = 3_600_000;

const cases: [what: string, facts: Omit<ReasonFacts, "ticker">, code: string | null][] = [
  [
    "nothing for a live chain",
    { nowMs: SESSION, asOfMs: SESSION - 1_000, agentOnline: false },
    null,
  ],
  [
    "never quoted where an agent reads",
    { nowMs: SESSION, asOfMs: null, agentOnline: true },
    "never_quoted",
  ],
  [
    "never quoted where agents are not known",
    { nowMs: SESSION, asOfMs: null, agentOnline: null },
    "never_quoted",
  ],
  [
    "agent offline where nothing is known",
    { nowMs: SESSION, asOfMs: null, agentOnline: false },
    "agent_offline",
  ],
  [
    "agent offline in session",
    { nowMs: SESSION, asOfMs: SESSION - HOUR, agentOnline: false },
    "agent_offline",
  ],
  [
    "an agent that says why, in session",
    { nowMs: SESSION, asOfMs: SESSION - HOUR, agentOnline: true, agentReason: "mute_feed" },
    "mute_feed",
  ],
  [
    "an agent that said why and went offline",
    { nowMs: SESSION, asOfMs: SESSION - HOUR, agentOnline: false, agentReason: "mute_feed" },
    "agent_offline",
  ],
  [
    "an agent that says why, of what was never quoted",
    { nowMs: SESSION, asOfMs: null, agentOnline: true, agentReason: "gateway_deaf" },
    "gateway_deaf",
  ],
  [
    "an agent that says why, of what is live",
    { nowMs: SESSION, asOfMs: SESSION - 1_000, agentOnline: true, agentReason: "farm_down" },
    null,
  ],
  ["nothing known in session", { nowMs: SESSION, asOfMs: SESSION - HOUR, agentOnline: true }, null],
  [
    "market closed for Friday's close on Saturday, agent or not",
    { nowMs: SATURDAY, asOfMs: FRIDAY_CLOSE - 60_000, agentOnline: false },
    "market_closed",
  ],
  [
    "agent offline for a price that missed the session's end",
    { nowMs: SATURDAY, asOfMs: FRIDAY_CLOSE - HOUR, agentOnline: false },
    "agent_offline",
  ],
  [
    "market closed for an older price where the agent is there",
    { nowMs: SATURDAY, asOfMs: FRIDAY_CLOSE - HOUR, agentOnline: true },
    "market_closed",
  ],
];
for (const [what, facts, code] of cases) {
  Deno.test(`reasonFor() says ${what}`, () => {
    assert.equal(reasonFor({ ticker: "EA", ...facts })?.code ?? null, code);
  });
}

Deno.test("REASONS has each reason under its own code, with a label and a sentence of its own", () => {
  const reasons = Object.entries(REASONS);
  for (const [code, reason] of reasons) {
    assert.equal(reason.code, code);
    assert.match(reason.sentence, /^[A-Z].*\.$/);
  }
  assert.equal(new Set(reasons.map(([, { label }]) => label)).size, reasons.length);
  assert.equal(new Set(reasons.map(([, { sentence }]) => sentence)).size, reasons.length);
});
