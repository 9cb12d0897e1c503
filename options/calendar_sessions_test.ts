/**
 * The live chain at every close that is special, 2014 to 2030, by a table that does not come from
 * our own rules.
 */
import { strict as assert } from "node:assert";
import { liveContracts, sessionOn } from "./calendar.ts";
import { EMPTY_CHAIN } from "./chain.ts";
import { type IsoDate, parseIsoDate } from "./contract.ts";
import { applyBatch } from "./fold.ts";
import { batchOf, quoteOf } from "./testing.ts";

const LATE_MS = 15 * 60_000;
const DAY_MS = 86_400_000;

interface Special {
  readonly date: string;
  readonly closeMs: number;
  readonly before: { readonly date: string; readonly closeMs: number };
  readonly after: string;
}

async function specialSessions(): Promise<Special[]> {
  const text = await Deno.readTextFile(new URL("special_sessions.txt", import.meta.url));
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#")).map((line) => {
    const [date = "", close, beforeDate = "", beforeClose, after = ""] = line.split(" ");
    return {
      date,
      closeMs: Date.parse(`${date}T${close}:00Z`),
      before: { date: beforeDate, closeMs: Date.parse(`${beforeDate}T${beforeClose}:00Z`) },
      after,
    };
  });
}

/** The days after a session until the next, on which none is. */
function closedDaysAfter({ date, after }: Special): string[] {
  const days = [];
  for (let ms = Date.parse(date) + DAY_MS; ms < Date.parse(after); ms += DAY_MS) {
    days.push(new Date(ms).toISOString().slice(0, 10));
  }
  return days;
}

/** Contracts that end about a session, each with the moment it leaves the chain. */
function endsAbout(session: Special): Map<string, number> {
  const ends = new Map<string, number>();
  const add = (root: string, expiry: string, endMs: number): void => {
    ends.set(`${root}${expiry.slice(2).replaceAll("-", "")}C00500000`, endMs);
  };
  const lateCloseMs = session.closeMs + LATE_MS;
  // An expiry on a day without a session means the session before it.
  for (const expiry of [session.date, ...closedDaysAfter(session)]) {
    for (const root of ["EA", "SPXW", "XSP", "NDXP"]) add(root, expiry, session.closeMs);
    for (const root of ["SPY", "QQQ", "OEX"]) add(root, expiry, lateCloseMs);
    for (const root of ["SPX", "VIX"]) add(root, expiry, session.before.closeMs + LATE_MS);
  }
  // Settled on the next session's open: this is the last one on which they trade.
  for (const root of ["SPX", "NDX", "RUT", "VIX"]) add(root, session.after, lateCloseMs);
  return ends;
}

Deno.test("liveContracts() drops at each special close exactly what ends there, to the millisecond, 2014 to 2030", async () => {
  const sessions = await specialSessions();
  assert.equal(sessions.length, 519);
  for (const session of sessions) {
    const ends = endsAbout(session);
    // The one that is not about to end shows that not all is dropped.
    const quotes = [...ends.keys(), "EA401221C00500000"].map((symbol) => quoteOf(symbol));
    const { chain } = applyBatch(EMPTY_CHAIN, batchOf(1_000, quotes));
    for (const endMs of new Set(ends.values())) {
      for (const nowMs of [endMs - 1, endMs, endMs + 1]) {
        const left = liveContracts(chain, nowMs).map(({ occ }): string => occ).sort();
        const expected = [...ends].filter(([, ms]) => nowMs < ms).map(([symbol]) => symbol);
        assert.deepEqual(
          left,
          [...expected, "EA401221C00500000"].sort(),
          `${session.date} at ${new Date(nowMs).toISOString()}`,
        );
      }
    }
  }
});

Deno.test("sessionOn() closes each special session when the table says", async () => {
  const day = (text: string): IsoDate => parseIsoDate(text) ?? assert.fail(text);
  for (const session of await specialSessions()) {
    for (const { date, closeMs } of [session, session.before]) {
      const found = sessionOn(day(date));
      assert.equal(found?.closeMs, closeMs, date);
      assert.equal(found.lateCloseMs, closeMs + LATE_MS, date);
    }
    for (const date of closedDaysAfter(session)) assert.equal(sessionOn(day(date)), null, date);
    assert.ok(sessionOn(day(session.after)), session.after);
  }
});
