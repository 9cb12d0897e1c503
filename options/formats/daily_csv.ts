/**
 * CSV files with one line per option and day, several days and underlyings in a file, as
 * historical option data is sold (lambdaclass/options_backtester). A day's chain has the time of
 * its close.
 */
import { newYorkMs, sessionOn } from "../calendar.ts";
import { type IsoDate, parseIsoDate, parseOcc, parseTicker, type Ticker } from "../contract.ts";
import { type CsvLine, csvLines, csvNumber, csvText } from "./csv.ts";
import {
  ChainFileError,
  eachOnce,
  type RecordedChain,
  type RecordedQuote,
  recordedQuote,
} from "./recorded.ts";

const FOUR_O_CLOCK = 16 * 60;
const REQUIRED = ["underlying", "quotedate", "optionroot", "bid", "ask"];

/** Whether a text looks like a file of this format. */
export function isDailyCsv(text: string): boolean {
  return text.trimStart().startsWith("underlying,underlying_last,");
}

/** Reads a file of this format: a chain per underlying and day. */
export function readDailyCsv(file: string, text: string): readonly RecordedChain[] {
  const [header, ...lines] = csvLines(text);
  const columns = new Map(header?.cells.map((name, index) => [name, index]));
  for (const name of REQUIRED) {
    if (!columns.has(name)) throw new ChainFileError(file, "line 1", `has no column "${name}".`);
  }
  const at = (name: string): number => columns.get(name) ?? Number.MAX_SAFE_INTEGER;
  const chains = new Map<string, DayChain>();
  for (const line of lines) {
    const key = `${line.cells[at("underlying")]} ${line.cells[at("quotedate")]}`;
    let chain = chains.get(key);
    if (!chain) chains.set(key, chain = dayChain(file, line, at));
    chain.quotes.push(quoteOf(file, line, at));
  }
  return [...chains.values()].map(({ ticker, updatedMs, spot, quotes }) => ({
    ticker,
    updatedMs,
    spot,
    contracts: eachOnce(quotes),
  }));
}

interface DayChain {
  readonly ticker: Ticker;
  readonly updatedMs: number;
  readonly spot: number | null;
  readonly quotes: RecordedQuote[];
}

type ColumnOf = (name: string) => number;

function dayChain(file: string, line: CsvLine, at: ColumnOf): DayChain {
  const place = `line ${line.number}`;
  const underlying = csvText(file, line, at("underlying"), "underlying");
  const ticker = parseTicker(underlying);
  if (!ticker) throw new ChainFileError(file, place, `"${underlying}" is no ticker.`);
  const quoteDate = csvText(file, line, at("quotedate"), "quotedate");
  const date = parseIsoDate(quoteDate);
  if (!date) throw new ChainFileError(file, place, `"${quoteDate}" is no date YYYY-MM-DD.`);
  return {
    ticker,
    updatedMs: closeMs(date),
    spot: csvNumber(file, line, at("underlying_last"), "underlying_last"),
    quotes: [],
  };
}

function closeMs(date: IsoDate): number {
  return sessionOn(date)?.closeMs ?? newYorkMs(date, FOUR_O_CLOCK);
}

function quoteOf(file: string, line: CsvLine, at: ColumnOf): RecordedQuote {
  const symbol = csvText(file, line, at("optionroot"), "optionroot");
  const contract = parseOcc(symbol);
  if (!contract) {
    throw new ChainFileError(file, `line ${line.number}`, `"${symbol}" is no OCC symbol.`);
  }
  const value = (name: string): number | null => csvNumber(file, line, at(name), name);
  return recordedQuote(contract, {
    bid: value("bid"),
    ask: value("ask"),
    last: value("last"),
    volume: value("volume"),
    openInterest: value("openinterest"),
    impliedVol: value("impliedvol"),
    delta: value("delta"),
    gamma: value("gamma"),
    theta: value("theta"),
    vega: value("vega"),
  });
}
