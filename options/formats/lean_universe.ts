/**
 * QuantConnect Lean's option universe files: one a day, a line per contract with the prices of the
 * day, open interest, IV and greeks. The file says neither its underlying nor its day: Lean tells
 * them by its folder and its name (`aapl/20140606.csv`). There is no bid and no ask; the closing
 * price is taken as the last.
 */
import { newYorkMs } from "../calendar.ts";
import {
  type Contract,
  makeContract,
  parseIsoDate,
  parseTicker,
  type Ticker,
} from "../contract.ts";
import { type CsvLine, csvLines, csvNumber } from "./csv.ts";
import {
  ChainFileError,
  eachOnce,
  type RecordedChain,
  type RecordedQuote,
  recordedQuote,
} from "./recorded.ts";

/** Whether a text looks like a file of this format. */
export function isLeanUniverse(text: string): boolean {
  return text.startsWith("#expiry,strike,right,open,high,low,close,volume,open_interest");
}

/** Reads a file of this format. The chain has the time at which its day begins in New York. */
export function readLeanUniverse(file: string, text: string): RecordedChain {
  const ticker = tickerOf(file);
  const day = parseIsoDate(/(\d{8})\.csv$/.exec(file)?.[1] ?? "");
  if (!day) throw new ChainFileError(file, "", "expected a name such as 20140606.csv.");
  let spot: number | null = null;
  const quotes: RecordedQuote[] = [];
  for (const line of csvLines(text).slice(1)) {
    // The line without expiry, strike and right is the underlying's.
    if (line.cells[0] === "") spot = csvNumber(file, line, 6, "close");
    else quotes.push(quoteOf(file, line, ticker));
  }
  return { ticker, updatedMs: newYorkMs(day, 0), spot, contracts: eachOnce(quotes) };
}

/**
 * The underlying by the folders above a file: the nearest that is a ticker, or holds one as in
 * `lean-aapl-2014`.
 */
function tickerOf(file: string): Ticker {
  for (const folder of file.split(/[\\/]/).slice(0, -1).reverse()) {
    if (/^univers/.test(folder)) continue;
    const ticker = parseTicker(/^lean-([a-z.]+)-\d{4}$/.exec(folder)?.[1] ?? folder);
    if (ticker) return ticker;
  }
  throw new ChainFileError(file, "", "expected to be in a folder named by its underlying (aapl).");
}

function quoteOf(file: string, line: CsvLine, ticker: Ticker): RecordedQuote {
  const value = (column: number, name: string): number | null =>
    csvNumber(file, line, column, name);
  return recordedQuote(contractOf(file, line, ticker), {
    last: value(6, "close"),
    volume: value(7, "volume"),
    openInterest: value(8, "open_interest"),
    impliedVol: value(9, "implied_volatility"),
    delta: value(10, "delta"),
    gamma: value(11, "gamma"),
    vega: value(12, "vega"),
    theta: value(13, "theta"),
  });
}

function contractOf(file: string, line: CsvLine, ticker: Ticker): Contract {
  const [date = "", strike = "", right] = line.cells;
  const expiry = parseIsoDate(date);
  const root = ticker.replace(/[^A-Z0-9]/g, "");
  const contract = expiry && (right === "C" || right === "P")
    ? makeContract(root, expiry, right, Number(strike))
    : undefined;
  if (contract) return contract;
  const problem = `"${line.cells.slice(0, 3).join(",")}" is no expiry, strike and right.`;
  throw new ChainFileError(file, `line ${line.number}`, problem);
}
