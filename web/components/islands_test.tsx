import { strict as assert } from "node:assert";
import { renderToString } from "preact-render-to-string";
import type { TickerRow } from "../../options/wire/tickers.ts";
import TickersView from "../islands/TickersView.tsx";
import { readSort } from "./sorting.ts";
import { islands } from "./island_list.ts";
import "./islands.ts";

function row(name: string): TickerRow {
  return {
    ticker: "EA",
    name,
    deal: { id: "1", cash: 210, close: "2026-12-31" },
    spotPrice: 206.41,
    spotSeenAt: "2026-11-20T15:00:00.000Z",
    change: 0.04,
    changePercent: 0.02,
    contractCount: 434,
    freshCount: 364,
    neverQuotedCount: 0,
    freshness: "live",
    kind: "realtime",
    reason: null,
    agentId: "desk-1",
    timestamp: "2026-11-20T15:00:00.000Z",
    seq: 1,
    atmIv: 0.2958,
    ivRank: { rank: 34, percentile: 40, days: 61, firstDay: "2026-09-20" },
    course: [[0, 205], [390, 206.41]],
  };
}

const SORT = readSort(undefined);
const NOW = Date.parse("2026-11-20T15:00:12Z");

Deno.test("an island's output is marked with its name, and its props stand beside it as data", () => {
  const rows = [row("Electronic Arts")];
  const html = renderToString(
    <TickersView nowMs={NOW} sort={SORT} filter="" mayWatch rows={rows} />,
  );
  const found =
    /^<div data-island="TickersView">.*<\/div><script type="application\/json">(.*)<\/script>$/s
      .exec(html);
  assert.ok(found, html);
  assert.deepEqual(JSON.parse(found[1] ?? ""), {
    nowMs: NOW,
    sort: SORT,
    filter: "",
    mayWatch: true,
    rows,
  });
  assert.match(html, /206\.41/);
});

Deno.test("no text in an island's props can end the block they stand in", () => {
  const html = renderToString(
    <TickersView
      nowMs={NOW}
      sort={SORT}
      filter=""
      mayWatch
      rows={[row("</script><script>alert(1)</script>")]}
    />,
  );
  assert.equal(html.split("<script").length, 2);
  assert.equal(html.split("</script").length, 2);
});

Deno.test("props that are no JSON are refused when the page is rendered", () => {
  const rows = Object.assign([row("EA")], { toJSON: () => [() => 1] });
  assert.throws(
    () => renderToString(<TickersView nowMs={NOW} sort={SORT} filter="" mayWatch rows={rows} />),
    /must be JSON/,
  );
});

Deno.test("the list of islands names every file of islands/, by its default export", async () => {
  const files: string[] = [];
  for await (const { name } of Deno.readDir(new URL("../islands", import.meta.url))) {
    if (name.endsWith(".tsx") && !name.endsWith("_test.tsx")) files.push(name);
  }
  assert.deepEqual(files.sort(), Object.keys(islands).map((name) => `${name}.tsx`).sort());
  for (const [name, island] of Object.entries(islands)) assert.equal(island.name, name);
});

Deno.test("the list of tickers says price, change, freshness, agent and deal of each", () => {
  const html = renderToString(
    <TickersView nowMs={NOW} sort={SORT} filter="" mayWatch rows={[row("Electronic Arts")]} />,
  );
  assert.match(html, /href="\/chains\/EA"/);
  assert.match(html, /deal: 210\.00 cash, close 31 Dec 26/);
  assert.match(html, /\+0\.02 %/);
  assert.match(html, /class="fresh live"><i class="full"><\/i>live, 12 s/);
  assert.match(html, /434 \/ 364/);
  assert.match(html, /desk-1/);
});
