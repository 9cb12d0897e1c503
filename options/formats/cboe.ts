/**
 * The CSV that Cboe's website gives for a delayed quote table: two lines about the underlying, one
 * with column names, which occur twice, then a line per strike with the call and the put beside
 * each other. Columns are read by position.
 */
import { newYorkMs } from "../calendar.ts";
import { parseIsoDate, parseOcc, parseTicker, type Ticker } from "../contract.ts";
import { type CsvLine, csvLines, csvNumber, csvText } from "./csv.ts";
import {
  ChainFileError,
  eachOnce,
  type RecordedChain,
  type RecordedQuote,
  recordedQuote,
} from "./recorded.ts";

/** Where the columns of the call and of the put begin. */
const CALL = 1;
const PUT = 12;
const COLUMNS = 22;

const TIME = /Date: (\w+) (\d{1,2}), (\d{4}) at (\d{1,2}):(\d{2}) ([AP])M E[DS]T/;
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

/** Whether a text looks like a file of this format. */
export function isCboeCsv(text: string): boolean {
  return /^\s*[^\n]*Last:[^\n]*\n[^\n]*Date: [^\n]*\n\s*Expiration Date,Calls,/.test(text);
}

/** Reads a file of this format. */
export function readCboeCsv(file: string, text: string): RecordedChain {
  const [name, date, , ...lines] = csvLines(text);
  const quotes = lines.flatMap((line) => [quoteOf(file, line, CALL), quoteOf(file, line, PUT)]);
  return {
    ticker: tickerOf(file, quotes),
    updatedMs: timeOf(file, date),
    spot: spotOf(name),
    contracts: eachOnce(quotes),
  };
}

function quoteOf(file: string, line: CsvLine, at: number): RecordedQuote {
  const place = `line ${line.number}`;
  if (line.cells.length !== COLUMNS) {
    const problem = `has ${line.cells.length} columns, expected ${COLUMNS}.`;
    throw new ChainFileError(file, place, problem);
  }
  const symbol = csvText(file, line, at, "the option's symbol");
  const contract = parseOcc(symbol);
  if (!contract) throw new ChainFileError(file, place, `"${symbol}" is no OCC symbol.`);
  const value = (offset: number, name: string): number | null =>
    csvNumber(file, line, at + offset, name);
  return recordedQuote(contract, {
    last: value(1, "Last Sale"),
    bid: value(3, "Bid"),
    ask: value(4, "Ask"),
    volume: value(5, "Volume"),
    impliedVol: value(6, "IV"),
    delta: value(7, "Delta"),
    gamma: value(8, "Gamma"),
    openInterest: value(9, "Open Interest"),
  });
}

/** The file does not say the underlying's symbol; of its roots (SPX, SPXW) it is the shortest. */
function tickerOf(file: string, quotes: readonly RecordedQuote[]): Ticker {
  const roots = [...new Set(quotes.map((quote) => quote.contract.root))];
  const shortest = roots.sort((a, b) => a.length - b.length)[0] ?? "";
  const ticker = parseTicker(shortest);
  if (!ticker) throw new ChainFileError(file, "", "lists no option.");
  return ticker;
}

function timeOf(file: string, line: CsvLine | undefined): number {
  const match = TIME.exec(line?.cells.join(",") ?? "");
  const month = MONTHS.indexOf(match?.[1] ?? "") + 1;
  const day = parseIsoDate(`${match?.[3]}${pad(month)}${pad(Number(match?.[2]))}`);
  if (!match || month === 0 || !day) {
    const problem = 'expected "Date: May 16, 2025 at 7:23 PM EDT".';
    throw new ChainFileError(file, `line ${line?.number ?? 2}`, problem);
  }
  const hour = Number(match[4]) % 12 + (match[6] === "P" ? 12 : 0);
  return newYorkMs(day, hour * 60 + Number(match[5]));
}

function spotOf(line: CsvLine | undefined): number | null {
  const match = /Last: ([\d.]+)/.exec(line?.cells.join(" ") ?? "");
  return match ? Number(match[1]) : null;
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
