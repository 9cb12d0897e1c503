import { strict as assert } from "node:assert";
import { listAgents } from "./agents.ts";
import { listDeals, removeDeal, saveDeal } from "./deals.ts";
import { ingestBatch } from "./ingest.ts";
import { checkedInstallation, ClockBehindDataError, setClockOffset } from "./installation.ts";
import { batch, EA, follow, ticker } from "./test/fixtures.ts";
import { withTestDatabase } from "./testing.ts";
import { followedTicker, followedTickers, knownSymbols } from "./tickers.ts";
import { addWatch, listWatches, removeWatch } from "./watches.ts";

const SPX = ticker("SPX");

Deno.test("followedTickers() has deals with their newest terms, and watches", async () => {
  await withTestDatabase(async (sql) => {
    await addWatch(sql, SPX, "S&P 500");
    await addWatch(sql, SPX);
    const deal = await saveDeal(sql, {
      ticker: EA,
      name: "Electronic Arts",
      cash: 210,
      close: "2026-12-31",
    });
    assert.deepEqual(deal, { id: "1", ticker: EA, cash: 210, close: "2026-12-31", version: 1 });
    assert.deepEqual(await followedTickers(sql), [
      { ticker: EA, name: "Electronic Arts", deal, watched: false, seq: 0 },
      { ticker: SPX, name: "S&P 500", deal: null, watched: true, seq: 0 },
    ]);
    assert.deepEqual((await listWatches(sql)).map((watch) => watch.ticker), [SPX]);
    assert.ok(await removeWatch(sql, SPX));
    assert.ok(!(await removeWatch(sql, SPX)));
    assert.equal(await followedTicker(sql, SPX), undefined);
    assert.deepEqual(await knownSymbols(sql), ["EA", "SPX"]);
  });
});

Deno.test("saveDeal() keeps the old terms as a version, and makes none of the same terms", async () => {
  await withTestDatabase(async (sql) => {
    await saveDeal(sql, { ticker: EA, cash: 210, close: null });
    assert.equal((await saveDeal(sql, { ticker: EA, cash: 210, close: null })).version, 1);
    const changed = await saveDeal(sql, { ticker: EA, cash: 212.5, close: "2027-01-15" });
    assert.deepEqual(changed, {
      id: "1",
      ticker: EA,
      cash: 212.5,
      close: "2027-01-15",
      version: 2,
    });
    assert.ok(await removeDeal(sql, EA));
    assert.ok(!(await removeDeal(sql, EA)));
    assert.deepEqual(await listDeals(sql), []);
    assert.equal((await saveDeal(sql, { ticker: EA, cash: null, close: null })).id, "2");
    const [kept] = await sql`SELECT count(*)::integer FROM deal_versions`;
    assert.equal(kept?.["count"], 3);
  });
});

Deno.test("saveDeal() at once from many makes one deal", async () => {
  await withTestDatabase(async (sql) => {
    const prices = [210, 211, 212, 213, 214, 215];
    await Promise.all(prices.map((cash) => saveDeal(sql, { ticker: EA, cash, close: null })));
    const deals = await listDeals(sql);
    assert.equal(deals.length, 1);
    assert.equal(deals[0]?.version, prices.length);
  });
});

Deno.test("followedTickers() and listAgents() tell what was stored and by whom", async () => {
  await withTestDatabase(async (sql) => {
    const { request } = await follow(sql);
    await ingestBatch(sql, request({ batch: batch({ agentId: "deals-3" }) }));
    const followed = await followedTickers(sql);
    assert.deepEqual(followed.map(({ ticker, seq }) => [ticker, seq]), [[EA, 1]]);
    const agents = await listAgents(sql);
    assert.deepEqual(agents.map(({ name, lastSeenAtMs }) => [name, lastSeenAtMs !== null]), [
      ["deals", false],
      ["deals-3", true],
      ["other", false],
    ]);
  });
});

Deno.test("the clock offset is fixed once something is stored", async () => {
  await withTestDatabase(async (sql) => {
    const { request } = await follow(sql);
    await setClockOffset(sql, -1_000_000);
    await ingestBatch(sql, request());
    await setClockOffset(sql, -1_000_000);
    await assert.rejects(setClockOffset(sql, 0), /fixed once data is stored/);
    assert.equal((await checkedInstallation(sql)).clockOffsetMs, -1_000_000);
  });
});

Deno.test("checkedInstallation() refuses a clock that stands before the newest stored row", async () => {
  await withTestDatabase(async (sql) => {
    const { request } = await follow(sql);
    await ingestBatch(sql, request());
    await checkedInstallation(sql);
    await sql`UPDATE installation SET clock_offset_ms = -60000`;
    await assert.rejects(checkedInstallation(sql), ClockBehindDataError);
  });
});
