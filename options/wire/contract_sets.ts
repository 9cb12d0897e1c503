/**
 * The contract sets that were read last, by ticker: an agent sends the same contracts again and
 * again, and what they are called is then not worked out anew.
 */
import type { OccSymbol, Ticker } from "../contract.ts";

/** The contracts of a body. */
export interface ContractSet {
  /** The JSON of each row from its start to where its contract is named, if that comes first in it. */
  readonly texts: Uint8Array;
  /** Where a row's text begins in `texts`; one more for the end. */
  readonly textAt: Int32Array;
  /** The contract of each row. */
  readonly rows: readonly OccSymbol[];
  /** The contracts sorted, each once: the same array while a ticker's set stays the same. */
  readonly occ: readonly OccSymbol[];
  /** The row of each sorted contract; `null` where the rows were sorted. */
  readonly rowOf: Int32Array | null;
  /** Where among the sorted contracts a row's is; `null` likewise. */
  readonly placeOf: Int32Array | null;
}

/** Sets are kept up to so many contracts in all: some 30 MB. */
const MAX_KEPT_CONTRACTS = 250_000;

/** The last contract set of each ticker, those that were used last. */
export class ContractSets {
  readonly #sets = new Map<Ticker, ContractSet>();
  #contracts = 0;

  /** The set that a ticker's last snapshot had. */
  get(ticker: Ticker): ContractSet | undefined {
    return this.#sets.get(ticker);
  }

  /** Keeps a ticker's set, and forgets those that were not used for longest where it is too much. */
  keep(ticker: Ticker, set: ContractSet): void {
    this.#contracts += set.occ.length - (this.#sets.get(ticker)?.occ.length ?? 0);
    this.#sets.delete(ticker);
    this.#sets.set(ticker, set);
    for (const [oldest, { occ }] of this.#sets) {
      if (this.#contracts <= MAX_KEPT_CONTRACTS) break;
      this.#contracts -= occ.length;
      this.#sets.delete(oldest);
    }
  }
}
