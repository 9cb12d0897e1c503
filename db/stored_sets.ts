/**
 * The contracts of a batch, as the table `contract_sets` keeps them once. An agent lists the same
 * contracts at each read, so a server remembers which sets the database has, and sends the names
 * only of those that are new to it.
 */
import { createHash } from "node:crypto";
import type { OccSymbol } from "../options/contract.ts";
import { type ChainLayout, layoutOf } from "../options/layout.ts";

/** Sets remembered as stored: beyond, the oldest is sent once more. */
const MAX_REMEMBERED = 20_000;

/** A set of contracts. */
export interface ContractSet {
  /** SHA-256 of the symbols with commas between. */
  readonly hash: Uint8Array;
  readonly occ: readonly OccSymbol[];
  /** Where its expiries and strikes are. */
  readonly layout: ChainLayout;
}

/**
 * What one process knows of the sets in its database.
 *
 * @example
 * ```ts
 * import { StoredSets } from "./stored_sets.ts";
 * const sets = new StoredSets();
 * const set = sets.of([]);
 * console.assert(!sets.isStored(set));
 * sets.noteStored(set);
 * console.assert(sets.isStored(sets.of([])));
 * ```
 */
export class StoredSets {
  readonly #made = new WeakMap<readonly OccSymbol[], ContractSet>();
  readonly #stored = new Set<string>();

  /** The set of a list of contracts in ascending order. */
  of(occ: readonly OccSymbol[]): ContractSet {
    let set = this.#made.get(occ);
    if (!set) {
      const hash = createHash("sha256").update(occ.join(",")).digest();
      set = { occ, hash, layout: layoutOf(occ) };
      this.#made.set(occ, set);
    }
    return set;
  }

  /** Whether the database has the set, as far as is known here. */
  isStored({ hash }: ContractSet): boolean {
    return this.#stored.has(hash.toHex());
  }

  /** Notes that the database has the set. */
  noteStored({ hash }: ContractSet): void {
    const name = hash.toHex();
    this.#stored.delete(name);
    this.#stored.add(name);
    const [oldest] = this.#stored;
    if (this.#stored.size > MAX_REMEMBERED && oldest !== undefined) this.#stored.delete(oldest);
  }

  /** Notes that the database has it no more. */
  forget({ hash }: ContractSet): void {
    this.#stored.delete(hash.toHex());
  }
}
