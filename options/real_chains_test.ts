/** The fold and its answers on recorded chains, as dirty as real ones are. */
import { strict as assert } from "node:assert";
import { EMPTY_CHAIN, type LastKnownChain, type StoredBatch } from "./chain.ts";
import { parseOcc } from "./contract.ts";
import { applyBatch, realValue } from "./fold.ts";
import type { Quote } from "./quote.ts";
import { quotesOf } from "./columns.ts";
import { batchOf, quoteOf, recordedChain, type RecordedFile, testOnRealChains } from "./testing.ts";
import { chainAnswer, type ChainRow } from "./wire/chain.ts";
import { parseIngest } from "./wire/ingest.ts";

type RecordedQuote = RecordedFile["quotes"][number];

async function readChains(folder: string, prefix: string): Promise<RecordedFile[]> {
  const names = await Array.fromAsync(Deno.readDir(`${folder}/us-chains-2026`), ({ name }) => name);
  const chosen = names.filter((name) => name.startsWith(prefix)).sort();
  assert.ok(chosen.length > 0, `no recorded chain starts with ${prefix}`);
  return Promise.all(chosen.map(async (name) => {
    const text = await Deno.readTextFile(`${folder}/us-chains-2026/${name}`);
    return recordedChain.parse(JSON.parse(text));
  }));
}

/** The batch that an agent's payload of a recorded chain becomes. */
function ingest(recorded: RecordedFile, asOfMs: number, seq: number): StoredBatch {
  const outcome = parseIngest({
    ticker: recorded.symbol.toLowerCase(),
    agentId: "desk-1",
    agentTimestamp: recorded.updated,
    spotPrice: recorded.underlyingPrice,
    contracts: recorded.quotes.map((quote) => ({
      symbol: quote.symbol,
      expiry: quote.expiration,
      strike: quote.strike,
      right: quote.side,
      bid: quote.bid,
      ask: quote.ask,
      last: quote.last,
      volume: quote.volume,
      open_interest: quote.openInterest,
      implied_vol: quote.iv,
      delta: quote.delta,
      gamma: quote.gamma,
      theta: quote.theta,
      vega: quote.vega,
    })),
  });
  assert.ok(outcome.ok, JSON.stringify(outcome));
  const { quotes, missing, spot } = outcome.batch;
  return batchOf(asOfMs, quotes, { seq, missing, spot });
}

function priced(row: Pick<Quote, "bid" | "ask">): boolean {
  return realValue("bid", row.bid) !== null || realValue("ask", row.ask) !== null;
}

testOnRealChains(
  "W-20 every contract of every recorded chain is in the answer, to the cent",
  async (folder) => {
    for (const recorded of await readChains(folder, "")) {
      const nowMs = Date.parse(recorded.updated);
      const { chain } = applyBatch(EMPTY_CHAIN, ingest(recorded, nowMs, 1));
      const answer = chainAnswer(chain, {
        nowMs,
        ticker: recorded.symbol,
        dealId: null,
        agentOnline: true,
      });
      const rows = new Map(answer.contracts.map((row) => [row.symbol, row]));
      assert.equal(rows.size, answer.contractCount);
      const today = recorded.updated.slice(0, 10);
      for (const quote of recorded.quotes) {
        const row = rows.get(parseOcc(quote.symbol)?.occ ?? "");
        // A chain of the evening still lists what expired that afternoon.
        if (!row && quote.expiration <= today) continue;
        assert.ok(row, `${quote.symbol} is not in the answer`);
        assertRow(row, quote);
      }
      assert.ok(JSON.stringify(answer).length < 4_000_000, `${recorded.symbol} is too large`);
    }
  },
);

function assertRow(row: ChainRow, quote: RecordedQuote): void {
  const pairs = [
    ["bid", row.bid, row.bidNow, realValue("bid", quote.bid)],
    ["ask", row.ask, row.askNow, realValue("ask", quote.ask)],
    ["last", row.last, row.lastNow, realValue("last", quote.last)],
    ["volume", row.volume, row.volumeNow, quote.volume],
    ["open interest", row.open_interest, row.openInterestNow, quote.openInterest],
    ["IV", row.implied_vol, row.impliedVolNow, realValue("impliedVol", quote.iv)],
    ["delta", row.delta, row.deltaNow, realValue("delta", quote.delta)],
  ] as const;
  for (const [field, shown, now, expected] of pairs) {
    assert.equal(shown, expected, `${field} of ${quote.symbol}`);
    assert.equal(now, expected, `${field} now of ${quote.symbol}`);
  }
}

testOnRealChains(
  "LK-7 LK-9 the zeroed AAPL dumps change no protected field and no seenAt",
  async (folder) => {
    const [good] = await readChains(folder, "AAPL_20260715");
    const dumps = [
      ...await readChains(folder, "AAPL_20260708"),
      ...await readChains(folder, "AAPL_20260710"),
    ];
    assert.ok(good);
    let chain: LastKnownChain = applyBatch(EMPTY_CHAIN, ingest(good, 1_000, 1)).chain;
    let madeUpIvs = 0;
    for (const [index, dump] of dumps.entries()) {
      const before = chain;
      const batch = ingest(dump, 2_000 + index, 2 + index);
      chain = applyBatch(chain, batch).chain;
      const rows = quotesOf(batch.columns);
      const quotes = new Map(rows.map((quote) => [quote.occ, quote]));
      for (const [occ, old] of before.contracts) {
        const now = chain.contracts.get(occ);
        const quote = quotes.get(occ) ?? quoteOf(occ);
        if (priced(quote)) continue;
        const { last: _before, ...kept } = old.fields;
        const { last: _after, ...shown } = now?.fields ?? {};
        assert.deepEqual(shown, kept, `${occ} changed`);
        assert.equal(now?.asOfMs, old.asOfMs);
      }
      madeUpIvs += rows.filter((quote) =>
        !priced(quote) && realValue("impliedVol", quote.impliedVol) !== null
      ).length;
      assert.ok(rows.filter(priced).length < 0.1 * rows.length);
    }
    // Were there none, the test would prove nothing.
    assert.ok(madeUpIvs > 600);
  },
);
