/**
 * Lastmark's own chain files, JSON and CSV, with the names of the ingest call. They are described
 * in `docs/gateway/replay-format.md`.
 */
import { z } from "zod";
import { parseOcc, parseTicker, type Ticker } from "../contract.ts";
import { QUOTE_FIELDS, type QuoteField } from "../quote.ts";
import { csvLines, csvNumber, csvText } from "./csv.ts";
import { inForm, isoTime, optionalNumber } from "./json.ts";
import {
  ChainFileError,
  eachOnce,
  type RecordedChain,
  type RecordedQuote,
  recordedQuote,
} from "./recorded.ts";

const FORMAT = "lastmark-chain";

/** What a field is called in the files. */
const NAME_OF: Readonly<Record<QuoteField, string>> = {
  bid: "bid",
  ask: "ask",
  last: "last",
  volume: "volume",
  openInterest: "open_interest",
  impliedVol: "implied_vol",
  delta: "delta",
  gamma: "gamma",
  theta: "theta",
  vega: "vega",
  bidSize: "bid_size",
  askSize: "ask_size",
};

const FILE = z.object({
  format: z.literal(FORMAT),
  version: z.literal(1),
  ticker: z.string(),
  updated: isoTime,
  spot: optionalNumber,
  contracts: z.array(z.object({
    symbol: z.string(),
    bid: optionalNumber,
    ask: optionalNumber,
    last: optionalNumber,
    volume: optionalNumber,
    open_interest: optionalNumber,
    implied_vol: optionalNumber,
    delta: optionalNumber,
    gamma: optionalNumber,
    theta: optionalNumber,
    vega: optionalNumber,
    bid_size: optionalNumber,
    ask_size: optionalNumber,
  })),
});

const COLUMNS = ["ticker", "updated", "spot", "symbol", ...QUOTE_FIELDS.map((one) => NAME_OF[one])];

/** The first line of a CSV file of this format. */
export const CSV_HEADER: string = COLUMNS.join(",");

/** Whether a JSON value says that it is a file of this format. */
export function isLastmarkChain(value: unknown): boolean {
  return typeof value === "object" && value !== null && "format" in value &&
    value.format === FORMAT;
}

/** Reads a JSON file of this format. */
export function readLastmarkJson(file: string, value: unknown): RecordedChain {
  const { ticker, updated, spot, contracts } = inForm(FILE, value, file);
  return {
    ticker: tickerOf(file, "ticker", ticker),
    updatedMs: updated,
    spot,
    contracts: eachOnce(contracts.map((one, index) => {
      const contract = contractOf(file, `contracts[${index}].symbol`, one.symbol);
      return recordedQuote(contract, {
        ...one,
        openInterest: one.open_interest,
        impliedVol: one.implied_vol,
        bidSize: one.bid_size,
        askSize: one.ask_size,
      });
    })),
  };
}

/** Writes a chain as a JSON file of this format, one line per contract. */
export function writeLastmarkJson(chain: RecordedChain): string {
  const head = {
    format: FORMAT,
    version: 1,
    ticker: chain.ticker,
    updated: new Date(chain.updatedMs).toISOString(),
    spot: chain.spot,
  };
  const rows = chain.contracts.map((quote) => {
    const row: Record<string, string | number> = { symbol: quote.contract.occ };
    for (const field of QUOTE_FIELDS) {
      const value = quote[field];
      if (value !== null) row[NAME_OF[field]] = value;
    }
    return `  ${JSON.stringify(row)}`;
  });
  return `${JSON.stringify(head).slice(0, -1)},"contracts":[\n${rows.join(",\n")}\n]}\n`;
}

/** Reads a CSV file of this format: any number of chains, told apart by ticker and time. */
export function readLastmarkCsv(file: string, text: string): readonly RecordedChain[] {
  const [header, ...lines] = csvLines(text);
  if (header?.cells.join(",") !== CSV_HEADER) {
    throw new ChainFileError(file, "line 1", `expected the columns ${CSV_HEADER}.`);
  }
  const chains = new Map<
    string,
    { ticker: Ticker; updatedMs: number; spot: number | null; quotes: RecordedQuote[] }
  >();
  for (const line of lines) {
    const place = `line ${line.number}`;
    const [ticker = "", updated = ""] = line.cells;
    const key = `${ticker} ${updated}`;
    let chain = chains.get(key);
    if (!chain) {
      chain = {
        ticker: tickerOf(file, place, ticker),
        updatedMs: timeOf(file, place, updated),
        spot: csvNumber(file, line, 2, "spot"),
        quotes: [],
      };
      chains.set(key, chain);
    }
    const contract = contractOf(file, place, csvText(file, line, 3, "symbol"));
    const values: Partial<Record<QuoteField, number | null>> = {};
    QUOTE_FIELDS.forEach((field, index) => {
      values[field] = csvNumber(file, line, 4 + index, NAME_OF[field]);
    });
    chain.quotes.push(recordedQuote(contract, values));
  }
  return [...chains.values()].map(({ quotes, ...chain }) => ({
    ...chain,
    contracts: eachOnce(quotes),
  }));
}

/** Writes chains as one CSV file of this format. */
export function writeLastmarkCsv(chains: readonly RecordedChain[]): string {
  const lines = [CSV_HEADER];
  for (const { ticker, updatedMs, spot, contracts } of chains) {
    const head = [ticker, new Date(updatedMs).toISOString(), spot ?? ""].join(",");
    for (const quote of contracts) {
      const values = QUOTE_FIELDS.map((field) => quote[field] ?? "");
      lines.push([head, quote.contract.occ, ...values].join(","));
    }
  }
  return `${lines.join("\n")}\n`;
}

function tickerOf(file: string, place: string, text: string): Ticker {
  const ticker = parseTicker(text);
  if (ticker) return ticker;
  throw new ChainFileError(file, place, `"${text}" is no ticker.`);
}

function contractOf(file: string, place: string, text: string): RecordedQuote["contract"] {
  const contract = parseOcc(text);
  if (contract) return contract;
  throw new ChainFileError(file, place, `"${text}" is no OCC symbol.`);
}

function timeOf(file: string, place: string, text: string): number {
  const parsed = isoTime.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new ChainFileError(file, place, `"${text}" is no ISO 8601 time with its zone.`);
}
