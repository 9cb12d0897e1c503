/**
 * QuantConnect Lean's hourly option data: three zips for an underlying and a year (quotes, trades,
 * open interest), in each a CSV per contract. Prices are in ten-thousandths. A line's time is the
 * beginning of its hour in New York; here each hour gives a chain with the time of its end.
 */
import { strFromU8, unzipSync } from "fflate";
import { newYorkMs } from "../calendar.ts";
import {
  type Contract,
  type IsoDate,
  makeContract,
  type OccSymbol,
  parseIsoDate,
  parseTicker,
  type Ticker,
} from "../contract.ts";
import { type CsvLine, csvLines, csvNumber } from "./csv.ts";
import {
  ChainFileError,
  type QuoteValues,
  type RecordedChain,
  type RecordedQuote,
  recordedQuote,
} from "./recorded.ts";

/** What one of the three zips says: at which hour, which values of which contract. */
export interface LeanHours {
  readonly ticker: Ticker;
  readonly rows: readonly LeanRow[];
}

interface LeanRow {
  readonly contract: Contract;
  readonly date: IsoDate;
  readonly endsAtMs: number;
  readonly values: QuoteValues;
  /** Contracts traded in this hour alone. */
  readonly traded: number;
}

const PRICE_UNITS = 10_000;
const HOUR_MS = 3_600_000;
const ENTRY = /^([a-z.]+)_(quote|trade|openinterest)_\w+_(call|put)_(\d+)_(\d{8})\.csv$/;

type Kind = "quote" | "trade" | "openinterest";

/** Whether a file is a zip. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b;
}

/** Reads one of the three zips. */
export function readLeanHours(file: string, bytes: Uint8Array): LeanHours {
  const rows: LeanRow[] = [];
  let ticker: Ticker | undefined;
  for (const [name, content] of Object.entries(unzip(file, bytes))) {
    const entry = entryOf(file, name);
    ticker = entry.ticker;
    const path = `${file}/${name}`;
    for (const line of csvLines(strFromU8(content))) {
      rows.push(rowOf(path, line, entry.kind, entry.contract));
    }
  }
  if (!ticker) throw new ChainFileError(file, "", "is an empty zip.");
  return { ticker, rows };
}

/**
 * The chains of an underlying, hour by hour, from all its zips. Within a day a quote stands until
 * the next one, the volume adds up; open interest is the day's.
 */
export function leanChains(parts: readonly LeanHours[]): readonly RecordedChain[] {
  const ticker = parts[0]?.ticker;
  if (!ticker) return [];
  const byDay = Map.groupBy(parts.flatMap((part) => part.rows), (row) => row.date);
  return [...byDay.keys()].sort().flatMap((date) => dayChains(ticker, byDay.get(date) ?? []));
}

interface State {
  readonly contract: Contract;
  values: QuoteValues;
  volume: number;
}

function dayChains(ticker: Ticker, rows: readonly LeanRow[]): RecordedChain[] {
  const states = new Map<OccSymbol, State>();
  const chains: RecordedChain[] = [];
  const byHour = Map.groupBy(rows, (row) => row.endsAtMs);
  for (const updatedMs of [...byHour.keys()].sort((a, b) => a - b)) {
    const ofHour = byHour.get(updatedMs) ?? [];
    for (const { contract, values, traded } of ofHour) {
      const state = states.get(contract.occ) ?? { contract, values: {}, volume: 0 };
      states.set(contract.occ, {
        contract,
        values: { ...state.values, ...values },
        volume: state.volume + traded,
      });
    }
    // Open interest comes before the market opens, and alone is no chain.
    if (!ofHour.some((row) => "bid" in row.values || "last" in row.values)) continue;
    chains.push({ ticker, updatedMs, spot: null, contracts: [...states.values()].map(quoteOf) });
  }
  return chains;
}

function quoteOf({ contract, values, volume }: State): RecordedQuote {
  return recordedQuote(contract, { ...values, volume });
}

function unzip(file: string, bytes: Uint8Array): Record<string, Uint8Array> {
  try {
    return unzipSync(bytes);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ChainFileError(file, "", `is no whole zip (${reason}).`);
  }
}

function entryOf(
  file: string,
  name: string,
): { readonly ticker: Ticker; readonly kind: Kind; readonly contract: Contract } {
  const [, symbol = "", kind, side, strike, date = ""] = ENTRY.exec(name) ?? [];
  const ticker = parseTicker(symbol);
  const expiry = parseIsoDate(date);
  const contract = ticker && expiry && makeContract(
    ticker.replace(/[^A-Z0-9]/g, ""),
    expiry,
    side === "call" ? "C" : "P",
    Number(strike) / PRICE_UNITS,
  );
  if (ticker && contract && (kind === "quote" || kind === "trade" || kind === "openinterest")) {
    return { ticker, kind, contract };
  }
  const expected = "aapl_quote_american_call_10000000_20150117.csv";
  throw new ChainFileError(file, name, `is no name of Lean's, such as ${expected}.`);
}

function rowOf(file: string, line: CsvLine, kind: Kind, contract: Contract): LeanRow {
  const [, day = "", hour, minute] = /^(\d{8}) (\d{2}):(\d{2})$/.exec(line.cells[0] ?? "") ?? [];
  const date = parseIsoDate(day);
  if (!date) {
    const problem = `"${line.cells[0]}" is no time such as 20140606 09:00.`;
    throw new ChainFileError(file, `line ${line.number}`, problem);
  }
  const number = (column: number, name: string): number | null =>
    csvNumber(file, line, column, name);
  const price = (column: number, name: string): number | null => {
    const units = number(column, name);
    return units === null ? null : units / PRICE_UNITS;
  };
  const row = {
    contract,
    date,
    endsAtMs: newYorkMs(date, Number(hour) * 60 + Number(minute)) + HOUR_MS,
    traded: 0,
  };
  switch (kind) {
    case "quote":
      // Open, high, low and close of the bid, its size, then those of the ask.
      return {
        ...row,
        values: {
          bid: price(4, "bid"),
          bidSize: number(5, "bid size"),
          ask: price(9, "ask"),
          askSize: number(10, "ask size"),
        },
      };
    case "trade":
      return { ...row, values: { last: price(4, "close") }, traded: number(5, "volume") ?? 0 };
    case "openinterest":
      return { ...row, values: { openInterest: number(1, "open interest") } };
  }
}
