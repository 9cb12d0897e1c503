import { strict as assert } from "node:assert";
import { marketDayAt, partOfDay } from "./market_day.ts";
import { shareQuote } from "./share.ts";
import { dealCloseDate, dealCloseMs, spotAt } from "./spot.ts";
import { UNDERLYINGS } from "./underlyings.ts";

const NOW_MS = Date.UTC(2026, 6, 15, 17);

Deno.test("a stock under a bid stays below the cash, the others near their reference", () => {
  for (const underlying of UNDERLYINGS) {
    for (let days = 0; days < 700; days += 7) {
      const spot = spotAt(3, underlying, NOW_MS + days * 86_400_000);
      if (underlying.deal) assert.ok(spot < underlying.deal.cash);
      assert.ok(Math.abs(Math.log(spot / underlying.reference)) < 0.8 * underlying.walkVol + 0.01);
    }
  }
});

Deno.test("a deal closes on the last session of a quarter, 45 days ahead or more", () => {
  assert.equal(dealCloseDate(Date.UTC(2026, 6, 15, 17)), "2026-09-30");
  assert.equal(dealCloseDate(Date.UTC(2026, 7, 20, 17)), "2026-12-31");
  assert.equal(dealCloseDate(Date.UTC(2026, 9, 1, 17)), "2026-12-31");
  // 31 January 2027 is a Sunday, and no quarter ends there.
  assert.equal(dealCloseDate(Date.UTC(2026, 10, 21, 17)), "2027-03-31");
  assert.equal(dealCloseMs(NOW_MS), Date.UTC(2026, 8, 30, 20));
});

Deno.test("the market day goes from one opening to the next, over nights and weekends", () => {
  const friday = marketDayAt(Date.UTC(2026, 6, 17, 19));
  assert.equal(friday.date, "2026-07-17");
  assert.equal(friday.endsAtMs, Date.UTC(2026, 6, 20, 13, 30));
  assert.equal(friday.previousCloseMs, Date.UTC(2026, 6, 16, 20));
  assert.deepEqual(marketDayAt(Date.UTC(2026, 6, 19, 12)), friday);
  assert.deepEqual(marketDayAt(Date.UTC(2026, 6, 20, 13, 29)), friday);
  assert.equal(marketDayAt(Date.UTC(2026, 6, 20, 13, 30)).date, "2026-07-20");
  assert.equal(partOfDay(friday, friday.opensAtMs), 0);
  assert.equal(partOfDay(friday, friday.endsAtMs), 1);
});

Deno.test("an index has a price and neither bid nor ask; a share has all", () => {
  for (const underlying of UNDERLYINGS) {
    const quote = shareQuote(3, underlying, NOW_MS);
    if (underlying.kind === "index") {
      assert.equal(quote.bid, null);
      assert.equal(quote.volume, null);
    } else {
      assert.ok(quote.bid !== null && quote.ask !== null && quote.volume !== null);
      assert.ok(quote.bid <= quote.last && quote.last <= quote.ask && quote.bid < quote.ask);
      assert.ok(quote.volume > 0);
    }
    assert.ok(quote.historicalVol > 0 && quote.impliedVol > 0);
  }
});
