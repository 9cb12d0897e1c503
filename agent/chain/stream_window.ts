/**
 * Which contracts of a chain a stream keeps subscribed. A window is written as rules with `+`
 * between, all of which must hold: `atm5`, `delta0.1`, `expiries2`, `all`.
 */
import type { OccSymbol } from "../../options/contract.ts";
import type { Listing } from "./listing.ts";
import { nearestFirst } from "./nearest.ts";

/** A window's rules; without any it is the whole chain. */
export interface StreamWindow {
  /** So many strikes of each expiry below the one at the money, and as many above. */
  readonly atm?: number;
  /** Deltas from this to 1 less this, calls and puts alike. */
  readonly delta?: number;
  /** The nearest expiries. */
  readonly expiries?: number;
}

/** What a window may be, for error messages. */
export const STREAM_WINDOW_HELP =
  "all, or rules with + between: atmN (N strikes each way, 0 to 500), deltaX (deltas from X to 1-X, X above 0 and below 0.5), expiriesN (the nearest N, 1 to 100)";

const MOST_STRIKES = 500;
const MOST_EXPIRIES = 100;

/**
 * Reads a window; `undefined` where the text is none.
 *
 * @example
 * ```ts
 * import { parseStreamWindow } from "./stream_window.ts";
 * console.assert(parseStreamWindow("atm5+expiries2")?.expiries === 2);
 * console.assert(parseStreamWindow("atm5+atm6") === undefined);
 * ```
 */
export function parseStreamWindow(text: string): StreamWindow | undefined {
  if (text === "all") return {};
  const window: { atm?: number; delta?: number; expiries?: number } = {};
  for (const rule of text.split("+")) {
    const [, name, digits] = /^(atm|delta|expiries)(\d{1,3}|0?\.\d{1,4})$/.exec(rule) ?? [];
    const value = Number(digits);
    if (name === "atm" && window.atm === undefined && isWhole(value, 0, MOST_STRIKES)) {
      window.atm = value;
    } else if (name === "delta" && window.delta === undefined && value > 0 && value < 0.5) {
      window.delta = value;
    } else if (
      name === "expiries" && window.expiries === undefined && isWhole(value, 1, MOST_EXPIRIES)
    ) {
      window.expiries = value;
    } else {
      return undefined;
    }
  }
  return window;
}

/** Writes a window as {@link parseStreamWindow} reads it. */
export function formatStreamWindow({ atm, delta, expiries }: StreamWindow): string {
  const rules = [
    atm === undefined ? "" : `atm${atm}`,
    delta === undefined ? "" : `delta${delta}`,
    expiries === undefined ? "" : `expiries${expiries}`,
  ].filter((rule) => rule !== "");
  return rules.length === 0 ? "all" : rules.join("+");
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

/** What a window is chosen by. */
export interface WindowView {
  readonly listings: readonly Listing[];
  /** The price around which it lies; `null` where there is none. */
  readonly money: number | null;
  /** The last delta of a contract that was seen. */
  readonly deltaOf: (occ: OccSymbol) => number | null;
  /** The contracts that it has now. */
  readonly held: ReadonlySet<OccSymbol>;
}

/** A contract that is in the window by its delta leaves it only when it is this much outside. */
const DELTA_SLACK = 0.8;

/** Until any delta is known, this many strikes stand for a window by delta. */
const STRIKES_WITHOUT_DELTA = 5;

/** The contracts of a window, those near the money first. */
export function chooseContracts(window: StreamWindow, view: WindowView): readonly Listing[] {
  const { listings, money, deltaOf, held } = view;
  const soon = window.expiries === undefined ? undefined : nearestExpiries(
    listings,
    window.expiries,
  );
  const ofExpiries = listings.filter(({ contract }) => soon?.has(contract.expiry) ?? true);
  const sorted = nearestFirst(ofExpiries, money);
  const around = (strikes: number): readonly Listing[] => aroundMoney(sorted, strikes, money);
  const ofStrikes = window.atm === undefined ? sorted : around(window.atm);
  const { delta } = window;
  if (delta === undefined) return ofStrikes;
  if (sorted.every(({ contract }) => deltaOf(contract.occ) === null)) {
    const few = new Set(around(STRIKES_WITHOUT_DELTA));
    return ofStrikes.filter((listing) => few.has(listing));
  }
  return ofStrikes.filter(({ contract: { occ } }) => {
    const size = Math.abs(deltaOf(occ) ?? 0);
    const least = held.has(occ) ? delta * DELTA_SLACK : delta;
    return size >= least && size <= 1 - least;
  });
}

function nearestExpiries(listings: readonly Listing[], count: number): ReadonlySet<string> {
  const all = new Set(listings.map(({ contract }) => contract.expiry));
  return new Set([...all].sort().slice(0, count));
}

/** Of each series the strike nearest the money, and so many on each side. `sorted` by nearness. */
function aroundMoney(
  sorted: readonly Listing[],
  count: number,
  money: number | null,
): readonly Listing[] {
  const kept = new Map<string, { readonly low: number; readonly high: number }>();
  for (const [series, strikes] of strikesBySeries(sorted)) {
    const nearest = strikes[0] ?? 0;
    const ladder = strikes.toSorted((a, b) => a - b);
    const at = money === null ? ladder.length >> 1 : ladder.indexOf(nearest);
    const low = ladder[Math.max(0, at - count)] ?? nearest;
    const high = ladder[Math.min(ladder.length - 1, at + count)] ?? nearest;
    kept.set(series, { low, high });
  }
  return sorted.filter(({ contract }) => {
    const range = kept.get(seriesOf(contract));
    return range && contract.strike >= range.low && contract.strike <= range.high;
  });
}

function seriesOf({ root, expiry }: Listing["contract"]): string {
  return `${root} ${expiry}`;
}

/** Each strike once, in the order of the listings. */
function strikesBySeries(listings: readonly Listing[]): ReadonlyMap<string, readonly number[]> {
  const series = new Map<string, Set<number>>();
  for (const { contract } of listings) {
    const name = seriesOf(contract);
    const strikes = series.get(name) ?? new Set();
    series.set(name, strikes.add(contract.strike));
  }
  return new Map([...series].map(([name, strikes]) => [name, [...strikes]]));
}

/**
 * A price that moves around between two strikes must not move the window to and fro: it stays until
 * the price is so many strikes from where it was centred.
 */
const STRIKES_TO_RECENTRE = 1.5;

/** Whether the price moved far enough for the window to be centred anew. */
export function isOffCentre(
  listings: readonly Listing[],
  centre: number | null,
  spot: number | null,
): boolean {
  if (spot === null || spot === centre) return false;
  if (centre === null) return true;
  return Math.abs(spot - centre) > STRIKES_TO_RECENTRE * stepAt(listings, centre);
}

/** How far the strikes of the first expiry are apart around a price. */
function stepAt(listings: readonly Listing[], price: number): number {
  const [first] = [...new Set(listings.map(({ contract }) => contract.expiry))].sort();
  const strikes = [
    ...new Set(
      listings.filter(({ contract }) => contract.expiry === first).map((one) =>
        one.contract.strike
      ),
    ),
  ].sort((a, b) => a - b);
  const above = strikes.findIndex((strike) => strike > price);
  const upper = above < 0 ? strikes.length - 1 : Math.max(1, above);
  return (strikes[upper] ?? price) - (strikes[upper - 1] ?? 0);
}
