import { strict as assert } from "node:assert";
import { listContracts, type ListedContract } from "./listing.ts";
import { marketDayAt } from "./market_day.ts";
import { isNeverQuoted, type OptionQuote, optionQuote, optionTotals } from "./quotes.ts";
import { spotAt } from "./spot.ts";
import { tickOf } from "./ticks.ts";
import { type Underlying, UNDERLYINGS } from "./underlyings.ts";

const SEED = 7;
const NOW_MS = Date.UTC(2026, 6, 15, 17);

interface Quoted {
  readonly listed: ListedContract;
  readonly quote: OptionQuote;
}

function range(underlying: Underlying, atMs: number): { low: number; high: number } {
  const prices: number[] = [];
  for (let at = marketDayAt(atMs).opensAtMs; at <= atMs; at += 1000) {
    prices.push(spotAt(SEED, underlying, at));
  }
  return { low: Math.min(...prices), high: Math.max(...prices) };
}

function quotesOf(underlying: Underlying, atMs: number): Quoted[] {
  const soFar = range(underlying, atMs);
  return listContracts(underlying, atMs).flatMap((listed) => {
    const quote = optionQuote(SEED, listed, soFar, atMs);
    return quote ? [{ listed, quote }] : [];
  });
}

const ALL = UNDERLYINGS.flatMap((underlying) => quotesOf(underlying, NOW_MS));

Deno.test("the same seed and time give the same quote, another seed another market", () => {
  const [first] = listContracts(UNDERLYINGS[2] ?? assert.fail(), NOW_MS);
  assert.ok(first);
  const soFar = { low: 250, high: 270 };
  const quote = optionQuote(SEED, first, soFar, NOW_MS);
  assert.deepEqual(optionQuote(SEED, first, soFar, NOW_MS), quote);
  assert.notDeepEqual(optionQuote(SEED + 1, first, soFar, NOW_MS), quote);
});

Deno.test("bids are below asks, on the exchange's price steps", () => {
  for (const { listed, quote } of ALL) {
    for (const price of [quote.bid, quote.ask, quote.last]) {
      if (price === null) continue;
      const steps = price / tickOf(listed.underlying.ticks, price);
      assert.ok(price > 0 && Math.abs(steps - Math.round(steps)) < 1e-6, `${price}`);
    }
    assert.ok(quote.ask !== null && (quote.bid ?? 0) < quote.ask, listed.contract.occ);
    assert.equal(quote.bid === null, quote.bidSize === null);
  }
});

Deno.test("call and put of a strike keep parity within their spreads", () => {
  const byContract = new Map(ALL.map((one) => [one.listed.contract.occ as string, one]));
  let pairs = 0;
  for (const { listed, quote } of ALL) {
    if (listed.contract.right !== "C") continue;
    const { occ } = listed.contract;
    const put = byContract.get(occ.slice(0, -9) + "P" + occ.slice(-8))?.quote;
    if (!put || quote.worth.terms.spot !== put.worth.terms.spot) continue;
    const { spot, strike, rate, dividendYield, years } = quote.worth.terms;
    const forward = spot * Math.exp(-dividendYield * years) - strike * Math.exp(-rate * years);
    // Call and put change their quotes at different seconds.
    const slack = 1e-6 * spot;
    assert.ok((quote.ask ?? 0) - (put.bid ?? 0) >= forward - slack, occ);
    assert.ok((quote.bid ?? 0) - (put.ask ?? 0) <= forward + slack, occ);
    pairs++;
  }
  assert.ok(pairs > 500, `${pairs} pairs`);
});

Deno.test("the wings have no bid, and some contracts have never traded", () => {
  const without = ALL.filter(({ quote }) => quote.bid === null);
  assert.ok(without.length > ALL.length / 50 && without.length < ALL.length / 5);
  for (const { quote } of without) assert.ok(quote.worth.price < 0.2);
  const untraded = ALL.filter(({ quote }) => quote.last === null);
  assert.ok(untraded.length > 50);
  for (const { quote } of untraded) assert.equal(quote.volume, 0);
});

Deno.test("the calls of 95 on CSGS are listed and never quoted", () => {
  const csgs = UNDERLYINGS.find((one) => one.ticker === "CSGS") ?? assert.fail();
  const listed = listContracts(csgs, NOW_MS);
  const dead = listed.filter(isNeverQuoted);
  const expiries = new Set(listed.map(({ contract }) => contract.expiry));
  assert.ok(dead.length > 0 && dead.length <= expiries.size);
  for (const one of dead) assert.equal(optionQuote(SEED, one, { low: 80, high: 80 }, NOW_MS), null);
});

Deno.test("the last price lies between the day's low and high, the volume tells whether it traded", () => {
  for (const { listed, quote } of ALL) {
    assert.equal(quote.volume > 0, quote.high !== null, listed.contract.occ);
    if (quote.high === null || quote.low === null || quote.last === null) continue;
    assert.ok(quote.low <= quote.last && quote.last <= quote.high, listed.contract.occ);
    assert.ok((quote.lastTimeMs ?? 0) <= NOW_MS);
  }
});

Deno.test("volume only grows within a market day, open interest stays", () => {
  const spy = UNDERLYINGS.find((one) => one.ticker === "SPY") ?? assert.fail();
  const listed = listContracts(spy, NOW_MS).filter((_, index) => index % 50 === 0);
  for (const one of listed) {
    let volume = 0;
    const interests = new Set<number>();
    for (let minutes = 0; minutes < 180; minutes += 20) {
      const quote = optionQuote(SEED, one, { low: 740, high: 760 }, NOW_MS + minutes * 60_000);
      assert.ok(quote && quote.volume >= volume);
      volume = quote.volume;
      interests.add(quote.openInterest);
    }
    assert.equal(interests.size, 1);
  }
});

Deno.test("near contracts of a lively underlying have every field", () => {
  const near = ALL.filter(({ listed, quote }) =>
    ["SPY", "AAPL", "NVDA", "SPX"].includes(listed.underlying.ticker) &&
    Math.abs(Math.log(listed.contract.strike / quote.worth.terms.spot)) < 0.02 &&
    quote.worth.terms.years > 2 / 365 && quote.worth.terms.years < 0.25
  );
  assert.ok(near.length > 100);
  for (const { listed, quote } of near) {
    const { bid, ask, last, volume, worth } = quote;
    assert.ok(bid !== null && ask !== null && last !== null, listed.contract.occ);
    assert.ok(volume > 0 && worth.vol !== null, listed.contract.occ);
  }
});

Deno.test("optionTotals() adds up a day's volume and the open interest", () => {
  const aapl = UNDERLYINGS.find((one) => one.ticker === "AAPL") ?? assert.fail();
  const totals = optionTotals(SEED, listContracts(aapl, NOW_MS), marketDayAt(NOW_MS));
  assert.ok(totals.callVolume > 10_000 && totals.putVolume > 10_000);
  assert.ok(totals.callOpenInterest > totals.callVolume);
});
