import { strict as assert } from "node:assert";
import { listContracts, type ListedContract } from "./listing.ts";
import { type Underlying, UNDERLYINGS } from "./underlyings.ts";

/** A Wednesday in the session. */
const NOW_MS = Date.UTC(2026, 6, 15, 15);

function underlying(ticker: string): Underlying {
  const found = UNDERLYINGS.find((one) => one.ticker === ticker);
  assert.ok(found);
  return found;
}

function expiries(listed: readonly ListedContract[], root: string): string[] {
  const ofRoot = listed.filter(({ contract }) => contract.root === root);
  return [...new Set(ofRoot.map(({ contract }) => contract.expiry))].sort();
}

Deno.test("SPX and SPXW share the third Friday, and SPX stops trading the day before", () => {
  const listed = listContracts(underlying("SPX"), NOW_MS);
  const third = listed.filter(({ contract }) => contract.expiry === "2026-07-17");
  assert.deepEqual([...new Set(third.map(({ contract }) => contract.root))].sort(), [
    "SPX",
    "SPXW",
  ]);
  for (const { contract, lastTradeDate, settlesAtMs, leavesAtMs } of third) {
    const am = contract.root === "SPX";
    assert.equal(lastTradeDate, am ? "2026-07-16" : "2026-07-17");
    assert.equal(settlesAtMs, Date.UTC(2026, 6, 17, am ? 13 : 20, am ? 30 : 0));
    assert.equal(leavesAtMs, Date.UTC(2026, 6, am ? 16 : 17, 20, am ? 15 : 0));
  }
});

Deno.test("SPY expires on each of the next weekdays that the exchange opens", () => {
  // 26 November 2026 is Thanksgiving, 28 and 29 a weekend.
  const listed = listContracts(underlying("SPY"), Date.UTC(2026, 10, 24, 15));
  assert.deepEqual(expiries(listed, "SPY").slice(0, 5), [
    "2026-11-24",
    "2026-11-25",
    "2026-11-27",
    "2026-11-30",
    "2026-12-01",
  ]);
});

Deno.test("an expiry on a holiday is moved to the session before", () => {
  // 25 December 2026, Christmas, is a Friday.
  const listed = listContracts(underlying("AAPL"), Date.UTC(2026, 10, 24, 15));
  const dates = expiries(listed, "AAPL");
  assert.ok(dates.includes("2026-12-24") && !dates.includes("2026-12-25"));
});

Deno.test("an expiry is gone when its trading ends", () => {
  const before = listContracts(underlying("SPY"), Date.UTC(2026, 6, 15, 20, 14));
  const after = listContracts(underlying("SPY"), Date.UTC(2026, 6, 15, 20, 15));
  assert.equal(expiries(before, "SPY")[0], "2026-07-15");
  assert.equal(expiries(after, "SPY")[0], "2026-07-16");
});

Deno.test("each expiry keeps its strikes from one day to the next within a week", () => {
  const strikes = (atMs: number): string[] =>
    listContracts(underlying("EA"), atMs).filter(({ contract }) => contract.expiry === "2026-08-21")
      .map(({ contract }) => contract.occ);
  assert.deepEqual(strikes(NOW_MS), strikes(NOW_MS + 86_400_000));
});

Deno.test("the whole market has about ten thousand contracts in every month", () => {
  for (let month = 0; month < 12; month++) {
    const atMs = Date.UTC(2026, month, 3, 15);
    const counts = new Map(UNDERLYINGS.map((one) => [one.ticker, listContracts(one, atMs).length]));
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    assert.ok(total >= 8000 && total <= 12_000, `${total} in month ${month + 1}`);
    assert.ok((counts.get(underlying("SPX").ticker) ?? 0) <= 3000);
    assert.ok((counts.get(underlying("EA").ticker) ?? 0) <= 450);
  }
});

Deno.test("no contract is listed twice", () => {
  for (const one of UNDERLYINGS) {
    const listed = listContracts(one, NOW_MS);
    assert.equal(new Set(listed.map(({ contract }) => contract.occ)).size, listed.length);
  }
});
