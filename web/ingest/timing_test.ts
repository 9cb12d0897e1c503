import { strict as assert } from "node:assert";
import { timeProblems } from "./timing.ts";

const nowMs = Date.UTC(2026, 6, 15, 17);

const cases: [string, number, boolean, RegExp | undefined][] = [
  ["now", 0, false, undefined],
  ["60 s ahead", 60_000, false, undefined],
  ["a moment more than 60 s ahead", 60_001, false, /future/],
  ["60 s ahead and more, as a backfill", 60_001, true, /future/],
  ["5 minutes old", -300_000, false, undefined],
  ["a moment older than 5 minutes", -300_001, false, /Lastmark-Backfill/],
  ["a moment older than 5 minutes, as a backfill", -300_001, true, undefined],
  ["of 1999, as a backfill", Date.UTC(1999, 11, 31) - nowMs, true, /2000/],
];
for (const [what, offsetMs, backfill, message] of cases) {
  Deno.test(`timeProblems() ${message ? "refuses" : "takes"} an agent's time ${what}`, () => {
    const batch = { agentTimeMs: nowMs + offsetMs, sentAtMs: null };
    const problems = timeProblems(batch, { nowMs, backfill });
    assert.equal(problems.length, message ? 1 : 0);
    if (message) assert.match(problems[0]?.message ?? "", message);
  });
}

const DAY_MS = 86_400_000;
const sent: [string, number | null, RegExp | undefined][] = [
  ["that is not said", null, undefined],
  ["now", nowMs, undefined],
  ["by a clock a day ahead", nowMs + DAY_MS, undefined],
  ["by a clock more than a day ahead", nowMs + DAY_MS + 1, /future/],
  ["by a clock a year behind", nowMs - 365 * DAY_MS, undefined],
  ["by a clock that was never set", 0, /2000/],
];
for (const [what, sentAtMs, message] of sent) {
  Deno.test(`timeProblems() ${message ? "refuses" : "takes"} a time of sending ${what}`, () => {
    const problems = timeProblems({ agentTimeMs: nowMs, sentAtMs }, { nowMs, backfill: true });
    assert.deepEqual(problems.map(({ path }) => path), message ? ["sentAt"] : []);
    if (message) assert.match(problems[0]?.message ?? "", message);
  });
}
