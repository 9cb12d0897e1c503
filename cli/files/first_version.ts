/** The first version's snapshots as history, with what was offered for each ticker then. */
import type { Sql } from "../../db/connect.ts";
import { keepPastOffers, type PastOffer } from "../../db/import.ts";
import type { Ticker } from "../../options/contract.ts";
import { type FirstVersionRow, readFirstVersion } from "../../options/formats/first_version.ts";
import type { HistoryItem } from "../../options/formats/history.ts";

/** Collects the prices of deals, snapshot by snapshot. */
export class PastOffers {
  readonly #tickers = new Map<Ticker, PastOffer[]>();

  /** Takes what a snapshot says was offered. */
  add(ticker: Ticker, offer: PastOffer): void {
    const offers = this.#tickers.get(ticker) ?? [];
    this.#tickers.set(ticker, offers);
    offers.push(offer);
  }

  /** Keeps them where nothing is known of that time; the tickers of which they are kept. */
  async keep(sql: Sql): Promise<Ticker[]> {
    const kept: Ticker[] = [];
    for (const [ticker, offers] of this.#tickers) {
      offers.sort((a, b) => a.fromMs - b.fromMs);
      const changes = offers.filter(({ cash }, i) => cash !== offers[i - 1]?.cash);
      const endMs = (offers.at(-1)?.fromMs ?? 0) + 1;
      if (await keepPastOffers(sql, ticker, changes, endMs)) kept.push(ticker);
    }
    return kept;
  }
}

/** The rows as batches; what was offered goes to `offers`. */
export async function* firstVersionItems(
  rows: AsyncIterable<FirstVersionRow>,
  offers: PastOffers,
): AsyncGenerator<HistoryItem, void, void> {
  for await (const row of rows) {
    const { items, dealPrice } = readFirstVersion(row);
    for (const item of items) {
      if (item.kind === "batch" && dealPrice !== null) {
        offers.add(item.batch.ticker, { fromMs: item.batch.asOfMs, cash: dealPrice });
      }
      yield item;
    }
  }
}
