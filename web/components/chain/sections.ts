/**
 * How a chain is laid out: one section for each expiry and root (SPX and SPXW share an expiry and
 * strikes, and are two different things), one row for each strike, calls left and puts right.
 */
import type { LastKnownContract } from "../../../options/chain.ts";
import type { Contract, IsoDate, OccSymbol } from "../../../options/contract.ts";
import { parseOcc } from "../../../options/contract.ts";

/** One strike: what is known of its call and its put; `undefined` where it was never listed. */
export interface StrikeRow {
  readonly strike: number;
  readonly call: LastKnownContract | undefined;
  readonly put: LastKnownContract | undefined;
}

/** The strikes of one root at one expiry, in rising order. */
export interface Section {
  readonly key: string;
  readonly expiry: IsoDate;
  readonly root: string;
  readonly rows: readonly StrikeRow[];
}

// A symbol always means the same contract; an update asks for thousands of them again.
const parsed = new Map<OccSymbol, Contract>();

/** The contract a symbol of the chain names. Throws on a symbol that is none. */
export function contractOf(occ: OccSymbol): Contract {
  let contract = parsed.get(occ);
  if (!contract) {
    contract = parseOcc(occ);
    if (!contract) throw new Error(`The chain holds ${occ}, which is not an OCC symbol`);
    parsed.set(occ, contract);
  }
  return contract;
}

/** The sections of these contracts, by expiry and then root. */
export function sectionsOf(contracts: Iterable<LastKnownContract>): readonly Section[] {
  const sections = new Map<string, Map<number, MutableRow>>();
  for (const known of contracts) {
    const { root, expiry, right, strike } = contractOf(known.occ);
    const rows = getOrAdd(sections, `${expiry} ${root}`, () => new Map<number, MutableRow>());
    const row = getOrAdd(rows, strike, () => ({ strike, call: undefined, put: undefined }));
    row[right === "C" ? "call" : "put"] = known;
  }
  return [...sections]
    .map(([key, rows]) => ({
      key,
      // The key is written three lines up.
      expiry: key.slice(0, 10) as IsoDate,
      root: key.slice(11),
      rows: [...rows.values()].sort((a, b) => a.strike - b.strike),
    }))
    .sort((a, b) => a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
}

interface MutableRow {
  readonly strike: number;
  call: LastKnownContract | undefined;
  put: LastKnownContract | undefined;
}

/** How many rows lie below the spot: the spot is drawn between that row and the next. */
export function rowsBelow(rows: readonly StrikeRow[], spot: number): number {
  const index = rows.findIndex((row) => row.strike >= spot);
  return index === -1 ? rows.length : index;
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
