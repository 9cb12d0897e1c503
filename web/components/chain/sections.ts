/**
 * How a chain is laid out: one section for each expiry and root (SPX and SPXW share an expiry and
 * strikes, and are two different things), one row for each strike, calls left and puts right.
 */
import type { Contract, IsoDate, OccSymbol } from "../../../options/contract.ts";
import { parseOcc } from "../../../options/contract.ts";
import type { ShownContract } from "./shown_contract.ts";

/** One strike: what is known of its call and its put; `undefined` where it was never listed. */
export interface StrikeRow {
  readonly strike: number;
  readonly call: ShownContract | undefined;
  readonly put: ShownContract | undefined;
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
export function sectionsOf(contracts: Iterable<ShownContract>): readonly Section[] {
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
  call: ShownContract | undefined;
  put: ShownContract | undefined;
}

/** The strikes that are shown of a section, and of how many they are. */
export interface StrikeWindow {
  readonly first: number;
  readonly last: number;
  readonly strikes: number;
  readonly lowest: number;
  readonly highest: number;
  readonly contracts: number;
}

/** The windows of sections by their key; those without one show all. */
export type StrikeWindows = Readonly<Record<string, StrikeWindow>>;

/**
 * The windows around the money that show `each` strikes on either side of it; sections that have
 * hardly more have none. Without a spot the money counts as the middle.
 */
export function windowsOf(
  sections: readonly Section[],
  spot: number | null,
  each: number,
): StrikeWindows {
  const windows: Record<string, StrikeWindow> = {};
  for (const section of sections) {
    const { key, rows } = section;
    if (rows.length <= 2 * each + each / 2) continue;
    const money = spot === null ? rows.length >> 1 : rowsBelow(rows, spot);
    const from = Math.max(0, Math.min(money - each, rows.length - 2 * each));
    const at = (index: number): number => rows.at(index)?.strike ?? NaN;
    windows[key] = {
      first: at(from),
      last: at(from + 2 * each - 1),
      strikes: rows.length,
      lowest: at(0),
      highest: at(-1),
      contracts: contractCount(section),
    };
  }
  return windows;
}

/** How many contracts a section has. */
export function contractCount({ rows }: Section): number {
  return rows.reduce((sum, row) => sum + (row.call ? 1 : 0) + (row.put ? 1 : 0), 0);
}

/** The rows of a section that its window shows. */
export function rowsWithin({ key, rows }: Section, windows: StrikeWindows): readonly StrikeRow[] {
  const window = windows[key];
  if (!window) return rows;
  return rows.filter(({ strike }) => strike >= window.first && strike <= window.last);
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
