/** Compares what a source holds with what the database gives back. */
import type { Sql } from "../../db/connect.ts";
import { historyOf } from "../../db/history.ts";
import { identityOf } from "../../db/import.ts";
import { NONE } from "../../options/columns.ts";
import type { Ticker } from "../../options/contract.ts";
import { decimalText, type HistoryBatch } from "../../options/formats/history.ts";
import type { QuoteField } from "../../options/quote.ts";

/** What is counted and added up on both sides; sums are exact decimals. */
export interface Totals {
  readonly snapshots: number;
  readonly updates: number;
  readonly contracts: number;
  readonly firstMs: number | null;
  readonly lastMs: number | null;
  readonly sums: Readonly<Record<typeof SUMMED[number], string>>;
  /** Of all that the batches hold, in whatever order they are. */
  readonly checksum: string;
}

/** A ticker on both sides. */
export interface Comparison {
  readonly ticker: Ticker;
  readonly source: Totals;
  /** Of the batches of the source that the database has. */
  readonly database: Totals;
  /** Batches that the source holds more than once; they count once. */
  readonly repeated: number;
  readonly equal: boolean;
}

const SUMMED = ["bid", "ask", "last", "volume", "openInterest"] as const;
const PRICE_DIGITS: Readonly<Partial<Record<QuoteField, number>>> = { bid: 4, ask: 4, last: 4 };
const CHECKSUM_BITS = 256;

/** Adds batches up. */
class Adder {
  #snapshots = 0;
  #updates = 0;
  #contracts = 0;
  #checksum = 0n;
  #sums = SUMMED.map(() => 0n);
  firstMs: number | null = null;
  lastMs: number | null = null;

  add({ mode, asOfMs, columns }: HistoryBatch, identity: string): void {
    if (mode === "snapshot") this.#snapshots++;
    else this.#updates++;
    this.#contracts += columns.occ.length;
    this.firstMs = Math.min(this.firstMs ?? asOfMs, asOfMs);
    this.lastMs = Math.max(this.lastMs ?? asOfMs, asOfMs);
    this.#checksum += BigInt(`0x${Uint8Array.fromBase64(identity).toHex()}`);
    SUMMED.forEach((field, i) => {
      let sum = 0;
      for (const whole of columns.fields[field] ?? []) if (whole !== NONE) sum += whole;
      this.#sums[i] = (this.#sums[i] ?? 0n) + BigInt(sum);
    });
  }

  totals(): Totals {
    const sums = SUMMED.map((field, i) => [
      field,
      decimalText(Number(this.#sums[i]), PRICE_DIGITS[field] ?? 0),
    ]);
    return {
      snapshots: this.#snapshots,
      updates: this.#updates,
      contracts: this.#contracts,
      firstMs: this.firstMs,
      lastMs: this.lastMs,
      // One for each of SUMMED.
      sums: Object.fromEntries(sums) as Totals["sums"],
      checksum: BigInt.asUintN(CHECKSUM_BITS, this.#checksum).toString(16).padStart(64, "0"),
    };
  }
}

/** What a source holds, ticker by ticker. */
export class SourceTotals {
  readonly #tickers = new Map<
    Ticker,
    { readonly adder: Adder; readonly identities: Set<string>; repeated: number }
  >();

  /** Takes a batch of the source. */
  add(batch: HistoryBatch): void {
    const of = this.#tickers.get(batch.ticker) ??
      { adder: new Adder(), identities: new Set<string>(), repeated: 0 };
    this.#tickers.set(batch.ticker, of);
    const identity = identityOf(batch);
    if (of.identities.has(identity)) of.repeated++;
    else of.adder.add(batch, identity);
    of.identities.add(identity);
  }

  /** Reads the same batches back from the database. */
  async compare(sql: Sql): Promise<Comparison[]> {
    const found: Comparison[] = [];
    for (const [ticker, { adder, identities, repeated }] of [...this.#tickers].sort()) {
      const here = new Adder();
      const period = { fromMs: adder.firstMs ?? 0, toMs: (adder.lastMs ?? 0) + 1 };
      for await (const batch of historyOf(sql, ticker, period)) {
        const identity = identityOf(batch);
        if (identities.delete(identity)) here.add(batch, identity);
      }
      const [source, database] = [adder.totals(), here.totals()];
      const equal = JSON.stringify(source) === JSON.stringify(database);
      found.push({ ticker, source, database, repeated, equal });
    }
    return found;
  }
}
