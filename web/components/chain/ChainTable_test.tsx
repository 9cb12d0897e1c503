import { strict as assert } from "node:assert";
import { renderToString } from "preact-render-to-string";
import { EMPTY_CHAIN } from "../../../options/chain.ts";
import { chainJudge } from "../../../options/quality.ts";
import { foldBatches } from "../../../options/fold.ts";
import type { StoredBatch } from "../../../options/chain.ts";
import { batchOf, quoteOf } from "../../../options/testing.ts";
import { PageClockContext, stillClock } from "../clock.ts";
import { ChainTable } from "./ChainTable.tsx";
import { chosenColumns, COLUMNS } from "./columns.ts";
import { sectionsOf } from "./sections.ts";
import type { ShownContract } from "./shown_contract.ts";

const CALL = "EA261218C00210000";
const PUT = "EA261218P00210000";
const T0 = Date.parse("2026-11-20T15:00:00Z");
const T1 = T0 + 60_000;

function contractsAfter(...batches: readonly StoredBatch[]): ShownContract[] {
  const { chain } = foldBatches(EMPTY_CHAIN, batches);
  const judge = chainJudge(chain, { ticker: "EA", nowMs: T1 });
  return [...chain.contracts.values()].map((contract) => ({
    ...contract,
    quality: judge(contract),
    closeLast: null,
  }));
}

function tableOf(
  contracts: readonly ShownContract[],
  spot: number | null = 206.41,
  columns = COLUMNS,
  band: readonly [number, number] | null = null,
): string {
  const [section] = sectionsOf(contracts);
  assert.ok(section);
  return renderToString(
    <PageClockContext.Provider value={stillClock(T1 + 12_000)}>
      <ChainTable
        id="EA"
        rows={section.rows}
        columns={columns}
        spot={spot}
        band={band}
        caption="EA 18 Dec 26"
      />
    </PageClockContext.Provider>,
  );
}

/** The cell of a side and a field: its classes and its text. */
function cell(html: string, side: string, name: string): { classes: string; text: string } {
  const found = new RegExp(`<td\\s+class="(${side} ${name}(?: [^"]*)?)"[^>]*>(.*?)</td>`).exec(
    html,
  );
  assert.ok(found, `there is no cell ${side} ${name} in ${html}`);
  return { classes: found[1] ?? "", text: found[2] ?? "" };
}

Deno.test("a row names its contracts, and each cell its side and field", () => {
  const html = tableOf(contractsAfter(batchOf(T1, [
    quoteOf(CALL, { bid: 4.05, ask: 4.2, volume: 41_114, bidSize: 12 }),
    quoteOf(PUT, { bid: 7.1, ask: 7.3 }),
  ])));
  assert.match(html, new RegExp(`<tr\\s+data-call="${CALL}" data-put="${PUT}"`));
  assert.match(html, /<th scope="row" class="k">210<\/th>/);
  assert.equal(cell(html, "call", "bid").text, "4.05");
  assert.equal(cell(html, "call", "volume").text, "41,114");
  assert.equal(cell(html, "call", "bid-size").text, "12");
  assert.equal(cell(html, "put", "ask").text, "7.30");
  assert.equal(cell(html, "put", "mid").text, "7.20");
});

Deno.test("a bid that is none now stays, in italics, with when it was last seen", () => {
  const html = tableOf(contractsAfter(
    batchOf(T0, [quoteOf(CALL, { bid: 0.01, ask: 0.05 })]),
    batchOf(T1, [quoteOf(CALL, { ask: 0.05 })]),
  ));
  const bid = cell(html, "call", "bid");
  assert.equal(bid.text, "0.01");
  assert.match(bid.classes, /\bnone\b/);
  assert.match(
    html,
    /title="no bid now; the last one known was 0\.01, seen 20 Nov 26 10:00:00 New York"/,
  );
  assert.doesNotMatch(cell(html, "call", "ask").classes, /\bnone\b/);
});

Deno.test("a value older than its row is marked old and says since when", () => {
  const contract = contractsAfter(batchOf(T1, [quoteOf(CALL, { bid: 4, ask: 5 })]))[0];
  assert.ok(contract);
  const html = tableOf([{
    ...contract,
    fields: { ...contract.fields, last: { value: 4.6, seenAtMs: T0, now: true } },
  }]);
  assert.match(cell(html, "call", "last").classes, /\bold\b/);
  assert.match(html, /title="last 4\.60, seen 20 Nov 26 10:00:00 New York: older than its row"/);
  assert.doesNotMatch(cell(html, "call", "bid").classes, /\bold\b/);
});

Deno.test("what is written shorter than it is has its exact value beside it", () => {
  const html = tableOf(contractsAfter(batchOf(T1, [
    quoteOf(CALL, { bid: 1, ask: 2, impliedVol: 0.295812, delta: 0.46875 }),
  ])));
  assert.equal(cell(html, "call", "iv").text, "29.58");
  assert.match(html, /title="implied volatility 0\.295812, seen [^"]*"\s+data-value="0\.295812"/);
  assert.equal(cell(html, "call", "delta").text, "0.47");
  assert.match(html, /data-value="0\.46875"/);
});

Deno.test("a side that was never listed, and one that was never quoted, say so in words", () => {
  const neverListed = tableOf(contractsAfter(batchOf(T1, [quoteOf(CALL, { bid: 1, ask: 2 })])));
  assert.match(neverListed, /never listed/);
  assert.doesNotMatch(neverListed, /data-put/);
  const neverQuoted = tableOf(
    contractsAfter(batchOf(T1, [quoteOf(CALL, { bid: 1, ask: 2 }), quoteOf(PUT)])),
  );
  assert.match(neverQuoted, /never quoted/);
});

Deno.test("a field that was never seen says none now, and is not an empty cell", () => {
  const html = tableOf(contractsAfter(batchOf(T1, [quoteOf(CALL, { ask: 0.05 })])));
  assert.equal(cell(html, "call", "bid").text, "∅");
  assert.match(cell(html, "call", "bid").classes, /\bnever\b/);
});

Deno.test("the spot stands between its strikes, and each side is tinted where it is in the money", () => {
  const html = tableOf(contractsAfter(batchOf(T1, [
    quoteOf("EA261218C00205000", { bid: 4, ask: 5 }),
    quoteOf("EA261218P00205000", { bid: 3, ask: 4 }),
    quoteOf(CALL, { bid: 2, ask: 3 }),
    quoteOf(PUT, { bid: 6, ask: 7 }),
  ])));
  assert.match(html, /205<\/th>.*spot 206\.41.*210<\/th>/s);
  const [below = "", above = ""] = html.split("spot 206.41");
  assert.match(cell(below, "call", "bid").classes, /\bitm\b/);
  assert.doesNotMatch(cell(below, "put", "bid").classes, /\bitm\b/);
  assert.doesNotMatch(cell(above, "call", "bid").classes, /\bitm\b/);
  assert.match(cell(above, "put", "bid").classes, /\bitm\b/);
});

Deno.test("without a spot there is no spot line and nothing is in the money", () => {
  const html = tableOf(contractsAfter(batchOf(T1, [quoteOf(CALL, { bid: 2, ask: 3 })])), null);
  assert.doesNotMatch(html, /spotline|itm/);
});

Deno.test("each side says how fresh it is: a dot and an age; delayed prices are never live", () => {
  const html = tableOf(contractsAfter(batchOf(T1, [
    quoteOf(CALL, { bid: 2, ask: 3, kind: "realtime" }),
    quoteOf(PUT, { bid: 2, ask: 3, kind: "delayed" }),
  ])));
  assert.match(cell(html, "call", "age").text, /class="fresh live"><i class="full"><\/i>12 s/);
  assert.match(cell(html, "put", "age").text, /class="fresh recent"><i class="half"><\/i>15 min/);
});

Deno.test("a contract that the newest read did not bring says why", () => {
  const html = tableOf(contractsAfter(
    batchOf(T0, [quoteOf(CALL, { bid: 2, ask: 3 }), quoteOf(PUT, { bid: 2, ask: 3 })]),
    batchOf(T1, [], {
      missing: [
        { contract: CALL, reason: "mute_feed" },
        { contract: PUT, reason: "IB says: no security definition" },
      ],
    }),
  ));
  assert.match(html, /title="not in the newest read: The gateway accepts the request and sends/);
  assert.match(html, /title="not in the newest read: IB says: no security definition"/);
});

Deno.test("columns that were chosen are shown, on whatever screen, and no others", () => {
  const [contract] = contractsAfter(batchOf(T1, [
    quoteOf(CALL, { bid: 4.05, ask: 4.2, last: 4.1, gamma: 0.0123, theta: -0.05 }),
  ]));
  assert.ok(contract);
  const html = tableOf(
    [{ ...contract, closeLast: 4.35 }],
    206.41,
    chosenColumns(["gamma", "theta", "vega", "change", "spread"]),
  );
  assert.equal(cell(html, "call", "gamma").text, "0.0123");
  assert.equal(cell(html, "call", "theta").text, "-0.0500");
  assert.equal(cell(html, "call", "vega").text, "∅");
  assert.equal(cell(html, "call", "spread").text, "0.15");
  assert.equal(cell(html, "call", "change").text, "-0.25");
  assert.match(cell(html, "call", "change").classes, /\bdown\b/);
  assert.doesNotMatch(html, /class="call (bid|oi|last)/);
  assert.doesNotMatch(html, /\bx[0-4]\b/);
});

Deno.test("a spread is told only of a bid and an ask of the same read", () => {
  const html = tableOf(
    contractsAfter(
      batchOf(T0, [quoteOf(CALL, { bid: 4, ask: 4.2 })]),
      batchOf(T1, [quoteOf(CALL, { ask: 4.3 })]),
    ),
    206.41,
    chosenColumns(["spread", "bid", "ask"]),
  );
  assert.equal(cell(html, "call", "spread").text, "∅");
  assert.match(html, /title="bid and ask are not of one read"/);
});

Deno.test("a quote that is crossed or adjusted is marked, in words too", () => {
  const html = tableOf(contractsAfter(batchOf(T1, [quoteOf(CALL, { bid: 4.3, ask: 4.2 })])));
  assert.match(html, /class="flag" title="crossed: the bid is above the ask[^"]*"/);
  const adjusted = tableOf(
    contractsAfter(batchOf(T1, [quoteOf("EA1261218C00210000", { bid: 4, ask: 4.2 })])),
  );
  assert.match(adjusted, /class="flag" title="adjusted:/);
  const clean = tableOf(
    contractsAfter(batchOf(T1, [quoteOf(CALL, { bid: 4, ask: 4.2, impliedVol: 0.2, delta: 0.4 })])),
  );
  assert.doesNotMatch(clean, /class="flag"/);
});

Deno.test("the strikes inside the expected move have an edge", () => {
  const quotes = ["00200000", "00205000", "00210000"].map((strike) =>
    quoteOf(`EA261218C${strike}`, { bid: 1, ask: 2 })
  );
  const html = tableOf(contractsAfter(batchOf(T1, quotes)), 206.41, COLUMNS, [203, 209]);
  assert.match(html, /class="k in">205</);
  assert.match(html, /class="k">200</);
  assert.match(html, /class="k">210</);
});
