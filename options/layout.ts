/**
 * How the contracts of a batch lie: their strikes, and which rows are one series. It depends on the
 * contracts alone, and a ticker's batches list the same ones over and over, so it is worked out
 * once a set and handed to what calculates over columns.
 */
import { expiresAtMs } from "./calendar.ts";
import { type IsoDate, type OccSymbol, parseOcc } from "./contract.ts";

/** The contracts of one root and expiry: rows `calls` to `puts` are calls, `puts` to `end` puts. */
export interface Series {
  /** Its place in the layout. */
  readonly index: number;
  readonly root: string;
  readonly expiry: IsoDate;
  readonly expiresAtMs: number;
  readonly calls: number;
  readonly puts: number;
  readonly end: number;
  /** Its strikes, ascending, each once. */
  readonly strikes: Float64Array;
  /** The row of the call, and of the put, at each of `strikes`; -1 where there is none. */
  readonly callRows: Int32Array;
  readonly putRows: Int32Array;
}

/** Contracts by series, in the order in which they were given. */
export interface ChainLayout {
  readonly series: readonly Series[];
  /** The strike of each row. */
  readonly strikes: Float64Array;
}

/**
 * The layout of sorted OCC symbols, as {@link QuoteColumns} has them: their order keeps a series
 * together, its calls before its puts and each by strike. Throws on a symbol that is none.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import type { OccSymbol } from "./contract.ts";
 * import { layoutOf } from "./layout.ts";
 * // The names are checked OCC symbols.
 * const { series } = layoutOf(["EA261218C00210000", "EA261218P00210000"] as OccSymbol[]);
 * assert(series.length === 1 && series[0]?.callRows[0] === 0 && series[0]?.putRows[0] === 1);
 * ```
 */
export function layoutOf(occ: readonly OccSymbol[]): ChainLayout {
  const strikes = Float64Array.from(occ, (name) => Number(name.slice(-8)) / 1000);
  const series: Series[] = [];
  for (let calls = 0; calls < occ.length;) {
    const first = occ[calls] ?? "";
    const contract = parseOcc(first);
    if (!contract) throw new Error(`${first} is no OCC symbol`);
    const name = first.slice(0, -9);
    let puts = calls;
    while (startsSide(occ[puts], name, "C")) puts++;
    let end = puts;
    while (startsSide(occ[end], name, "P")) end++;
    const { root, expiry } = contract;
    series.push({
      index: series.length,
      root,
      expiry,
      expiresAtMs: expiresAtMs(contract),
      calls,
      puts,
      end,
      ...pairsOf(strikes, calls, puts, end),
    });
    calls = end;
  }
  return { series, strikes };
}

function startsSide(occ: OccSymbol | undefined, name: string, right: "C" | "P"): boolean {
  return occ !== undefined && occ.length === name.length + 9 && occ[name.length] === right &&
    occ.startsWith(name);
}

/** Calls and puts side by side, by strike: both ascend. */
function pairsOf(
  strikes: Float64Array,
  calls: number,
  puts: number,
  end: number,
): Pick<Series, "strikes" | "callRows" | "putRows"> {
  const levels = new Float64Array(end - calls);
  const callRows = new Int32Array(end - calls).fill(-1);
  const putRows = new Int32Array(end - calls).fill(-1);
  let level = 0;
  let call = calls;
  let put = puts;
  for (; call < puts || put < end; level++) {
    const callStrike = call < puts ? strikes[call] ?? NaN : Infinity;
    const putStrike = put < end ? strikes[put] ?? NaN : Infinity;
    levels[level] = Math.min(callStrike, putStrike);
    if (callStrike <= putStrike) callRows[level] = call++;
    if (putStrike <= callStrike) putRows[level] = put++;
  }
  return {
    strikes: levels.slice(0, level),
    callRows: callRows.slice(0, level),
    putRows: putRows.slice(0, level),
  };
}
