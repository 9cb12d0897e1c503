/**
 * The contract sets that were read last, by ticker: an agent sends the same contracts again and
 * again, and what they are called is then not worked out anew.
 */
import type { OccSymbol, Ticker } from "../contract.ts";

/** The fields by which a row named its contract, as they came, and the contract. */
export interface SentContract {
  readonly symbol: unknown;
  readonly expiry: unknown;
  readonly strike: unknown;
  readonly right: unknown;
  readonly occ: OccSymbol;
}

/** The contracts of a body. */
export interface ContractSet {
  /** In the order in which they came. */
  readonly sent: readonly SentContract[];
  /** Sorted, each once. The same array for the same set, while it is kept. */
  readonly occ: readonly OccSymbol[];
  /** The row at which a sorted contract came; `null` where they came sorted. */
  readonly rowOf: Int32Array | null;
}

/** Sets are kept up to so many contracts in all: some 30 MB. */
const MAX_KEPT_CONTRACTS = 250_000;

/** The last contract set of each ticker, those that were used last. */
export class ContractSets {
  readonly #sets = new Map<Ticker, ContractSet>();
  #contracts = 0;

  /** The set that a ticker's last body had. */
  get(ticker: Ticker): ContractSet | undefined {
    return this.#sets.get(ticker);
  }

  /** Keeps a ticker's set as the newest, and forgets the oldest of others where it is too much. */
  keep(ticker: Ticker, set: ContractSet): void {
    this.#contracts += set.sent.length - (this.#sets.get(ticker)?.sent.length ?? 0);
    this.#sets.delete(ticker);
    this.#sets.set(ticker, set);
    for (const [oldest, { sent }] of this.#sets) {
      if (this.#contracts <= MAX_KEPT_CONTRACTS) break;
      this.#contracts -= sent.length;
      this.#sets.delete(oldest);
    }
  }
}
