import { strict as assert } from "node:assert";
import { renderToString } from "preact-render-to-string";
import { parseTicker } from "../../../options/contract.ts";
import { REASONS } from "../../../options/reasons.ts";
import type { ChainState } from "../../../options/wire/chain.ts";
import { PageClockContext, stillClock } from "../clock.ts";
import { dealText, Head } from "./Head.tsx";
import type { TickerHead } from "./view.ts";

const NOW = Date.parse("2026-07-16T15:18:00Z");

const STATE: ChainState = {
  ticker: "EA",
  dealId: "1",
  spotPrice: 206.41,
  spotSeenAt: "2026-07-16T15:17:48.000Z",
  source: "agent",
  agentId: "desk-1",
  timestamp: "2026-07-16T15:17:48.000Z",
  agentTimestamp: "2026-07-16T15:17:47.000Z",
  ageMinutes: 0.2,
  freshness: "live",
  kind: "realtime",
  reason: null,
  seq: 4,
  contractCount: 2864,
  neverQuotedCount: 31,
};

/** The words of a head, without its marks. */
function words(
  state: Partial<ChainState>,
  head: Partial<TickerHead> = {},
  offline: string | null = null,
): string {
  const ticker = parseTicker("EA");
  assert.ok(ticker);
  const of = { ticker, name: "Electronic Arts", deal: null, referencePrice: null, ...head };
  return renderToString(
    <PageClockContext.Provider value={stillClock(NOW)}>
      <Head of={of} state={{ ...STATE, ...state }} offline={offline} />
    </PageClockContext.Provider>,
  ).replaceAll(/<[^>]*>/g, "|").replaceAll(/\|+/g, "|");
}

Deno.test("the head says price, freshness, source, agent and both clocks in words", () => {
  const text = words({});
  for (
    const part of [
      "EA| Electronic Arts|",
      "|206.41|",
      "|live, 12 s| · realtime|",
      "|source|agent desk-1|",
      "|2,864 contracts, 31 never quoted|",
      "|server's time|16 Jul 26 11:17:48 New York|",
      "|agent's time|16 Jul 26 11:17:47 New York|",
    ]
  ) assert.ok(text.includes(part), `${part} is not in ${text}`);
});

Deno.test("the head tells a change against the reference price, where one is known", () => {
  assert.match(words({ spotPrice: 330.39 }, { referencePrice: 326.93 }), /\+3\.46 \(\+1\.06 %\)/);
  // As in the list of tickers, also where floating point is a hair off half a cent.
  assert.match(words({ spotPrice: 100.005 }, { referencePrice: 100 }), /\+0\.01 \(\+0\.01 %\)/);
  assert.doesNotMatch(words({ spotPrice: 1 }, { referencePrice: 0 }), /%/);
  assert.doesNotMatch(words({}), /%/);
});

Deno.test("what is older than five minutes is called last known, with the reason in a sentence", () => {
  const text = words({ source: "last-known", reason: REASONS.market_closed });
  assert.match(text, /last known, from desk-1/);
  assert.match(text, /The market is closed; new prices come when it opens\./);
});

Deno.test("a delayed chain says so and is not called live", () => {
  const text = words({ kind: "delayed" });
  assert.match(text, /recent, 15 min\| · delayed by 15 minutes/);
});

Deno.test("what is not known is said in words", () => {
  const text = words({ spotPrice: null, timestamp: null, agentTimestamp: null, agentId: null });
  assert.match(text, /no price yet/);
  assert.match(text, /nothing read yet/);
  assert.match(text, /agent's time\|unknown/);
});

Deno.test("a name that only repeats the ticker is left out", () => {
  assert.match(words({}, { name: "EA" }), /^\|EA\|206/);
});

Deno.test("a lost connection is said in the head", () => {
  assert.match(words({}, {}, "Connection lost."), /Connection lost\./);
});

Deno.test("dealText() says what of the terms is known", () => {
  assert.equal(dealText({ cash: 210, close: "2027-01-04" }), "210.00 cash, close 4 Jan 27");
  assert.equal(dealText({ cash: null, close: "2027-01-04" }), "close 4 Jan 27");
  assert.equal(dealText({ cash: null, close: null }), "terms unknown");
});
