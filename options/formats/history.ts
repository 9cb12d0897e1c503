/**
 * History as rows: one row a quote, with the columns of its batch before it and the names of the
 * SQL views. It is what `export` writes and `import` reads, as CSV and as Parquet; the columns are
 * described in `docs/operators/export-import.md`.
 */
import { z } from "zod";
import { columnsOf, NONE, type QuoteColumns } from "../columns.ts";
import { type OccSymbol, parseOcc, parseTicker } from "../contract.ts";
import {
  type ChainBatch,
  FIELD_SCALE,
  MARKET_DATA_KINDS,
  type Quote,
  QUOTE_FIELDS,
  type QuoteField,
  toStored,
} from "../quote.ts";
import { AGENT_NAME, ingestMissing } from "../wire/ingest_schema.ts";
import { parseInstant } from "../wire/instant.ts";

/** A batch with what the server decided about it when it came. */
export interface HistoryBatch extends Omit<ChainBatch, "sentAtMs" | "quotes"> {
  /** Its position in the history of its ticker; 0 where a file does not say. */
  readonly seq: number;
  readonly asOfMs: number;
  readonly receivedAtMs: number;
  readonly late: boolean;
  readonly traceId: string | null;
  readonly columns: QuoteColumns;
}

/** What a reader of history gives: a batch, or rows that are not taken, each problem with its place. */
export type HistoryItem =
  | { readonly kind: "batch"; readonly batch: HistoryBatch; readonly place: string }
  | { readonly kind: "refused"; readonly rows: number; readonly problems: readonly string[] };

/** What a quote's field is called outside the program. */
export const FIELD_NAME: Readonly<Record<QuoteField, string>> = {
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

/** The columns of a batch, the same in each of its rows. */
const BATCH_COLUMNS = [
  "ticker",
  "seq",
  "mode",
  "as_of",
  "received_at",
  "agent_time",
  "late",
  "agent_id",
  "read_id",
  "trace_id",
  "spot",
] as const;

/** All columns, in their order. */
export const HISTORY_COLUMNS: readonly string[] = [
  ...BATCH_COLUMNS,
  "occ",
  "root",
  "expiry",
  "right",
  "strike",
  ...QUOTE_FIELDS.map((field) => FIELD_NAME[field]),
  "market_data_type",
  "multiplier",
  "quoted_at",
  "missing",
];

/** Columns without which a row says nothing. */
const REQUIRED = ["ticker", "as_of", "occ"];

/** Decimals of the fields that are not whole numbers, and of a strike. */
const DIGITS: Readonly<Record<number, number>> = { 1: 0, 10_000: 4, 1_000_000: 6 };
const STRIKE_DIGITS = 3;

/**
 * A whole number of a scale as a decimal, exactly.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { decimalText } from "./history.ts";
 * assert(decimalText(-51, 4) === "-0.0051");
 * assert(decimalText(310, 0) === "310");
 * ```
 */
export function decimalText(whole: number, digits: number): string {
  if (digits === 0) return String(whole);
  const text = String(Math.abs(whole)).padStart(digits + 1, "0");
  return `${whole < 0 ? "-" : ""}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** The rows of a batch as texts, in the order of {@link HISTORY_COLUMNS}; "" for none. */
export function historyRows(batch: HistoryBatch): string[][] {
  const { columns } = batch;
  const head = [
    batch.ticker,
    String(batch.seq),
    batch.mode,
    timeText(batch.asOfMs),
    timeText(batch.receivedAtMs),
    timeText(batch.agentTimeMs),
    String(batch.late),
    batch.agentId,
    batch.readId ?? "",
    batch.traceId ?? "",
    batch.spot === null ? "" : decimalText(Math.round(batch.spot * FIELD_SCALE.last), 4),
  ];
  const fields = QUOTE_FIELDS.map((field) => ({
    digits: DIGITS[FIELD_SCALE[field]] ?? 0,
    values: columns.fields[field],
  }));
  return columns.occ.map((occ, i) => [
    ...head,
    ...contractCells(occ),
    ...fields.map(({ digits, values }) => {
      const whole = values?.[i] ?? NONE;
      return whole === NONE ? "" : decimalText(whole, digits);
    }),
    MARKET_DATA_KINDS[(columns.kind?.[i] ?? 0) - 1] ?? "",
    numberText(columns.multiplier?.[i]),
    Number.isFinite(columns.quotedAtMs?.[i]) ? timeText(columns.quotedAtMs?.[i] ?? 0) : "",
    // What a batch did not bring is the batch's, and is said once.
    i === 0 && batch.missing.length > 0 ? JSON.stringify(batch.missing) : "",
  ]);
}

/** Root, expiry, right and strike are read out of the symbol: it holds them at fixed places. */
function contractCells(occ: OccSymbol): readonly string[] {
  const at = occ.length - 15;
  return [
    occ,
    occ.slice(0, at),
    `20${occ.slice(at, at + 2)}-${occ.slice(at + 2, at + 4)}-${occ.slice(at + 4, at + 6)}`,
    occ.slice(at + 6, at + 7),
    decimalText(Number(occ.slice(at + 7)), STRIKE_DIGITS),
  ];
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}

function numberText(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? "" : String(value);
}

/** A cell of a row: a text of CSV, or a value of Parquet. */
export type Cell = string | number | bigint | boolean | Date | null | undefined;

/** A row's cells by the names of their columns. */
export type Row = (column: string) => Cell;

/**
 * What is wrong with the columns of a file, if anything is: those that must be there and are not.
 */
export function missingColumns(names: readonly string[]): readonly string[] {
  return REQUIRED.filter((name) => !names.includes(name));
}

/** Gathers the rows of each batch, which follow one another. */
export class HistoryRows {
  #key = "";
  #head: Omit<HistoryBatch, "columns" | "missing"> | undefined;
  #quotes = new Map<OccSymbol, Quote>();
  #missing: HistoryBatch["missing"] = [];
  #problems: string[] = [];
  #place = "";
  #rows = 0;

  /** Takes a row; gives the batch before it where this is the first of another. */
  add(row: Row, place: string): HistoryItem | undefined {
    const key = BATCH_COLUMNS.map((name) => plain(row(name))).join("\u0000");
    const before = key === this.#key || this.#key === "" ? undefined : this.end();
    if (this.#key === "") {
      this.#key = key;
      this.#place = place;
      this.#try(place, () => this.#head = headOf(row));
    }
    this.#rows++;
    this.#try(place, () => {
      const quote = quoteOf(row);
      if (this.#quotes.has(quote.occ)) throw new Wrong(`${quote.occ} is listed twice in its batch`);
      this.#quotes.set(quote.occ, quote);
      const missing = textOf(row, "missing");
      if (missing !== null) this.#missing = missingOf(missing);
    });
    return before;
  }

  /** Notes a row that is none; it spoils the batch in the midst of which it stands. */
  refuse(problem: string): HistoryItem | undefined {
    this.#rows++;
    this.#problems.push(problem);
    return undefined;
  }

  /** Ends the last batch. */
  end(): HistoryItem | undefined {
    if (this.#rows === 0) return undefined;
    const item = this.#item();
    this.#key = "";
    this.#head = undefined;
    this.#quotes = new Map();
    this.#missing = [];
    this.#problems = [];
    this.#rows = 0;
    return item;
  }

  #item(): HistoryItem {
    if (this.#head === undefined || this.#problems.length > 0) {
      return { kind: "refused", rows: this.#rows, problems: this.#problems };
    }
    const columns = columnsOf([...this.#quotes.values()]);
    const batch = { ...this.#head, columns, missing: this.#missing };
    return { kind: "batch", batch, place: this.#place };
  }

  #try(place: string, read: () => void): void {
    try {
      read();
    } catch (error) {
      if (!(error instanceof Wrong)) throw error;
      this.#problems.push(`${place}: ${error.message}`);
    }
  }
}

/** What is wrong with a row. */
class Wrong extends Error {}

const MODES = ["snapshot", "update"] as const;
const NAMES = z.array(ingestMissing);

/** Also as PostgreSQL writes them. */
const FLAGS = ["true", "false", "t", "f"] as const;
const isTrue = (word: typeof FLAGS[number] | null): boolean => word === "true" || word === "t";

function headOf(row: Row): Omit<HistoryBatch, "columns" | "missing"> {
  const symbol = textOf(row, "ticker") ?? "";
  const ticker = parseTicker(symbol);
  if (!ticker) throw new Wrong(`ticker is "${symbol}", expected one such as EA or BRK-B`);
  const asOfMs = timeOf(row, "as_of");
  if (asOfMs === null) throw new Wrong("as_of is missing");
  const receivedAtMs = timeOf(row, "received_at") ?? asOfMs;
  if (asOfMs > receivedAtMs) throw new Wrong("as_of is after received_at");
  const seq = numberOf(row, "seq") ?? 0;
  if (!Number.isSafeInteger(seq) || seq < 0) throw new Wrong(`seq is ${seq}, expected 1, 2, 3 …`);
  const agentId = textOf(row, "agent_id") ?? IMPORT_AGENT;
  if (!AGENT_NAME.test(agentId)) throw new Wrong(`agent_id is "${agentId}", which names no agent`);
  const spot = numberOf(row, "spot");
  if (spot !== null && !(spot > 0 && spot < SPOT_LIMIT)) {
    throw new Wrong(`spot is ${spot}, expected a price above 0 and below ${SPOT_LIMIT}`);
  }
  return {
    ticker,
    seq,
    mode: wordOf(row, "mode", MODES) ?? "snapshot",
    asOfMs,
    receivedAtMs,
    agentTimeMs: timeOf(row, "agent_time") ?? asOfMs,
    late: isTrue(wordOf(row, "late", FLAGS)) || asOfMs < receivedAtMs,
    agentId,
    readId: keptOf(row, "read_id"),
    traceId: keptOf(row, "trace_id"),
    // As it will be read back, so that the same batch is seen to be the same.
    spot: spot === null ? null : toStored("last", spot),
  };
}

/** Who brought what a file of history does not say of whom it is. */
export const IMPORT_AGENT = "import";

/** What a column of `numeric(10, 4)` holds. */
const SPOT_LIMIT = 1_000_000;

function quoteOf(row: Row): Quote {
  const symbol = textOf(row, "occ") ?? "";
  const contract = parseOcc(symbol);
  if (!contract) throw new Wrong(`occ is "${symbol}", expected one such as EA261218C00210000`);
  const fields: Partial<Record<QuoteField, number | null>> = {};
  for (const field of QUOTE_FIELDS) fields[field] = fieldOf(row, field);
  return {
    occ: contract.occ,
    // Every field of QUOTE_FIELDS was set in the loop above.
    ...(fields as Record<QuoteField, number | null>),
    kind: wordOf(row, "market_data_type", MARKET_DATA_KINDS),
    multiplier: multiplierOf(row),
    quotedAtMs: timeOf(row, "quoted_at"),
  };
}

/** Fields that can be below 0. */
const SIGNED: ReadonlySet<QuoteField> = new Set(["delta", "gamma", "theta", "vega"]);
const INT4_MAX = 2_147_483_647;

function fieldOf(row: Row, field: QuoteField): number | null {
  const name = FIELD_NAME[field];
  const value = numberOf(row, name);
  if (value === null) return null;
  const whole = Math.round(value * FIELD_SCALE[field]);
  const most = INT4_MAX / FIELD_SCALE[field];
  if (Math.abs(whole) > INT4_MAX || (whole < 0 && !SIGNED.has(field))) {
    const least = SIGNED.has(field) ? -most : 0;
    throw new Wrong(`${name} is ${value}, expected a number from ${least} to ${most}`);
  }
  if (FIELD_SCALE[field] === 1 && !Number.isInteger(value)) {
    throw new Wrong(`${name} is ${value}, expected a whole number`);
  }
  return value;
}

const MAX_MULTIPLIER = 1_000_000;

function multiplierOf(row: Row): number | null {
  const value = numberOf(row, "multiplier");
  if (value === null || (value > 0 && value <= MAX_MULTIPLIER)) return value;
  throw new Wrong(`multiplier is ${value}, expected a number above 0, at most ${MAX_MULTIPLIER}`);
}

function plain(cell: Cell): string {
  if (cell === null || cell === undefined) return "";
  return cell instanceof Date ? cell.toISOString() : String(cell);
}

function textOf(row: Row, name: string): string | null {
  const text = plain(row(name)).trim();
  return text === "" ? null : text;
}

function numberOf(row: Row, name: string): number | null {
  const cell = row(name);
  if (typeof cell === "number" && Number.isFinite(cell)) return cell;
  const text = textOf(row, name);
  if (text === null) return null;
  const value = Number(text);
  if (/^[+-]?\d/.test(text) && Number.isFinite(value)) return value;
  throw new Wrong(`${name} is "${text}", expected a number`);
}

function timeOf(row: Row, name: string): number | null {
  const cell = row(name);
  if (cell instanceof Date) return cell.getTime();
  const text = textOf(row, name);
  if (text === null) return null;
  // PostgreSQL and others write a zone of whole hours as +00.
  const read = parseInstant(text.replace(/(:\d{2}(?:\.\d+)?[+-]\d{2})$/, "$1:00"));
  if (typeof read === "number") return read;
  throw new Wrong(`${name} is "${text}", expected an ISO 8601 time with its zone`);
}

function wordOf<const T extends string>(row: Row, name: string, words: readonly T[]): T | null {
  const text = textOf(row, name);
  if (text === null) return null;
  const found = words.find((word) => word === text.toLowerCase());
  if (found !== undefined) return found;
  throw new Wrong(`${name} is "${text}", expected ${words.join(", ")}`);
}

/** PostgreSQL's text holds neither NUL nor half a surrogate pair. */
function keptOf(row: Row, name: string): string | null {
  const text = plain(row(name));
  if (text === "") return null;
  if (text.isWellFormed() && !text.includes("\0")) return text;
  throw new Wrong(`${name} has a NUL character or half a surrogate pair`);
}

function missingOf(text: string): HistoryBatch["missing"] {
  const read = NAMES.safeParse(jsonOf(text));
  if (read.success) return read.data;
  throw new Wrong('missing is no JSON such as [{"contract":"EA261218C00210000","reason":"…"}]');
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
