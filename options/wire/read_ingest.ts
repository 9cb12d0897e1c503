/**
 * The quick way to read an ingest body: straight into columns, without an object a contract. What
 * it does not know for certain it leaves to {@link parseIngest}, which stays the definition.
 */
import type { FieldProblem } from "../../base/problem.ts";
import { type ColumnBatch, columnsOf, NONE, type QuoteColumns } from "../columns.ts";
import type { OccSymbol } from "../contract.ts";
import {
  type ChainBatch,
  FIELD_SCALE,
  GREEK_SCALE,
  MARKET_DATA_KINDS,
  PRICE_SCALE,
  QUOTE_FIELDS,
  type QuoteField,
} from "../quote.ts";
import type { ContractSet, ContractSets, SentContract } from "./contract_sets.ts";
import {
  CONTRACT_KEYS,
  contractOf,
  HEAD_KEYS,
  Ignored,
  MISSING_KEYS,
  parseIngest,
  Problems,
  readHead,
} from "./ingest.ts";
import { MAX_COUNT, MAX_GREEK, PRICE_LIMIT } from "./ingest_schema.ts";
import { parseInstant } from "./instant.ts";

/** A body that was read, with the unknown fields it had; or what is wrong with it. */
export type ReadOutcome =
  | { readonly ok: true; readonly batch: ColumnBatch; readonly ignored: readonly string[] }
  | { readonly ok: false; readonly errors: readonly FieldProblem[] };

/**
 * Reads an ingest body as {@link parseIngest} does, into columns. `sets` is what one server keeps
 * of the bodies it has read.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { ContractSets } from "./contract_sets.ts";
 * import { readIngest } from "./read_ingest.ts";
 * const contracts = [{ symbol: "SPXW260717C07500000", bid: 12.1, ask: -1 }];
 * const head = { ticker: "spx", agentId: "desk-1", agentTimestamp: "2026-07-15T17:15:53Z" };
 * const outcome = readIngest({ ...head, contracts }, new ContractSets());
 * assert(outcome.ok && outcome.batch.columns.fields.bid?.[0] === 121_000);
 * ```
 */
export function readIngest(body: unknown, sets: ContractSets): ReadOutcome {
  return readQuickly(body, sets) ?? readExactly(body);
}

function readExactly(body: unknown): ReadOutcome {
  const read = parseIngest(body);
  if (!read.ok) return read;
  const { quotes, ...head } = read.batch;
  return { ok: true, batch: { ...head, columns: columnsOf(quotes) }, ignored: read.ignored };
}

/** A row as it came; what its fields are is asked of each. */
type Row = Readonly<Record<string, unknown>>;

function readQuickly(body: unknown, sets: ContractSets): ReadOutcome | undefined {
  const rows = rowsOf(body);
  if (!rows) return undefined;
  // Its contracts are read here.
  const head = readHead({ ...(body as object), contracts: [] }, new Problems());
  if (!head) return undefined;
  const ignored = new Ignored();
  ignored.note(body, HEAD_KEYS, "");
  const columns = columnsOfRows(rows, head, sets, ignored);
  if (!columns) return undefined;
  const { missing } = body as { readonly missing?: readonly unknown[] | null };
  for (const row of missing ?? []) ignored.note(row, MISSING_KEYS, "missing[].");
  return { ok: true, batch: { ...head, columns }, ignored: ignored.names };
}

function rowsOf(body: unknown): readonly unknown[] | undefined {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return undefined;
  return "contracts" in body && Array.isArray(body.contracts) ? body.contracts : undefined;
}

function columnsOfRows(
  rows: readonly unknown[],
  { ticker }: Pick<ChainBatch, "ticker">,
  sets: ContractSets,
  ignored: Ignored,
): QuoteColumns | undefined {
  const set = setOf(rows, sets.get(ticker));
  if (!set) return undefined;
  sets.keep(ticker, set);
  const fields = newFields(rows.length);
  const rest = new Rest(rows.length);
  let keys: readonly string[] = [];
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as Row; // setOf() found a symbol in it
    if (!readFields(row, i, fields) || !rest.read(row, i)) return undefined;
    if (hasKeys(row, keys)) continue;
    keys = Object.keys(row);
    ignored.note(row, CONTRACT_KEYS, "contracts[].");
  }
  return sortedColumns(set, fields, rest);
}

/** Whether a row has just these keys, in this order: most rows have those of the row before. */
function hasKeys(row: Row, keys: readonly string[]): boolean {
  let n = 0;
  for (const key in row) if (key !== keys[n++]) return false;
  return n === keys.length;
}

/** What a number is that its field does not take; no column holds it. */
const REFUSED = 2_147_483_648;

type Fields = Readonly<Record<QuoteField, Int32Array>>;

function newFields(length: number): Fields {
  const fields: Partial<Record<QuoteField, Int32Array>> = {};
  for (const field of QUOTE_FIELDS) fields[field] = new Int32Array(length);
  return fields as Fields; // every field was set just now
}

/** Reads a row's numbers into the columns; `false` where one is refused. */
function readFields(row: Row, i: number, fields: Fields): boolean {
  const bid = scaledPrice(row["bid"]);
  const ask = scaledPrice(row["ask"]);
  const mid = scaledPrice(row["mid"]);
  const last = scaledPrice(row["last"]);
  const volume = wholeCount(row["volume"]);
  const openInterest = wholeCount(row["open_interest"]);
  const impliedVol = scaledVolatility(row["implied_vol"]);
  // A delta or theta of -1 is a value beside an IV above 0, else it is the word for none.
  const minusOne = (row["implied_vol"] as number) > 0 ? -GREEK_SCALE : NONE;
  const delta = scaledGreek(row["delta"], minusOne);
  const gamma = scaledGreek(row["gamma"], NONE);
  const theta = scaledGreek(row["theta"], minusOne);
  const vega = scaledGreek(row["vega"], NONE);
  const bidSize = wholeCount(row["bid_size"]);
  const askSize = wholeCount(row["ask_size"]);
  fields.bid[i] = bid;
  fields.ask[i] = ask;
  fields.last[i] = last;
  fields.volume[i] = volume;
  fields.openInterest[i] = openInterest;
  fields.impliedVol[i] = impliedVol;
  fields.delta[i] = delta;
  fields.gamma[i] = gamma;
  fields.theta[i] = theta;
  fields.vega[i] = vega;
  fields.bidSize[i] = bidSize;
  fields.askSize[i] = askSize;
  return bid < REFUSED && ask < REFUSED && mid < REFUSED && last < REFUSED && volume < REFUSED &&
    openInterest < REFUSED && impliedVol < REFUSED && delta < REFUSED && gamma < REFUSED &&
    theta < REFUSED && vega < REFUSED && bidSize < REFUSED && askSize < REFUSED;
}

function scaledPrice(value: unknown): number {
  if (value === undefined || value === null || value === -1) return NONE;
  if (typeof value === "number" && value >= 0 && value < PRICE_LIMIT) {
    return Math.round(value * PRICE_SCALE);
  }
  return REFUSED;
}

function wholeCount(value: unknown): number {
  if (value === undefined || value === null || value === -1) return NONE;
  if (typeof value === "number" && value >= 0 && (value | 0) === value) return value;
  return REFUSED;
}

function scaledVolatility(value: unknown): number {
  if (value === undefined || value === null || value === -1) return NONE;
  if (typeof value === "number" && value >= 0 && value <= MAX_GREEK) {
    return Math.round(value * GREEK_SCALE);
  }
  return REFUSED;
}

function scaledGreek(value: unknown, minusOne: number): number {
  if (value === undefined || value === null) return NONE;
  if (value === -1) return minusOne;
  if (typeof value === "number" && value >= -MAX_GREEK && value <= MAX_GREEK) {
    return Math.round(value * GREEK_SCALE);
  }
  return REFUSED;
}

/** The columns that few rows have: kind, multiplier and time of each quote. */
class Rest {
  kind: Uint8Array | null = null;
  multiplier: Float64Array | null = null;
  quotedAtMs: Float64Array | null = null;
  readonly #length: number;

  constructor(length: number) {
    this.#length = length;
  }

  /** Reads a row's; `false` where one is refused. */
  read(row: Row, i: number): boolean {
    const kind = row["market_data_type"];
    const multiplier = row["multiplier"];
    const quotedAt = row["quoted_at"];
    if (kind !== undefined && kind !== null) {
      const number = KINDS.indexOf(kind) + 1;
      if (number === 0) return false;
      (this.kind ??= new Uint8Array(this.#length))[i] = number;
    }
    if (multiplier !== undefined && multiplier !== null) {
      const fits = typeof multiplier === "number" && multiplier > 0 && multiplier <= 1_000_000;
      if (!fits) return false;
      (this.multiplier ??= new Float64Array(this.#length).fill(NaN))[i] = multiplier;
    }
    if (quotedAt !== undefined && quotedAt !== null) {
      const ms = typeof quotedAt === "string" ? parseInstant(quotedAt) : undefined;
      if (typeof ms !== "number") return false;
      (this.quotedAtMs ??= new Float64Array(this.#length).fill(NaN))[i] = ms;
    }
    return true;
  }
}

const KINDS: readonly unknown[] = MARKET_DATA_KINDS;

/** The contracts that rows name; `undefined` where one names none, or one is named twice. */
function setOf(rows: readonly unknown[], known: ContractSet | undefined): ContractSet | undefined {
  const before = known?.sent;
  const sent: SentContract[] = [];
  let same = before?.length === rows.length;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    if (typeof row !== "object" || row === null) return undefined;
    const { symbol, expiry, strike, right } = row as Row;
    const old = before?.[i];
    const isOld = old !== undefined && old.symbol === symbol && old.expiry === expiry &&
      old.strike === strike && old.right === right;
    if (same && isOld) continue;
    if (same && before) { for (let k = 0; k < i; k++) sent.push(before[k] as SentContract); }
    same = false;
    if (isOld) {
      sent.push(old);
      continue;
    }
    const contract = contractOf(row);
    if (!contract) return undefined;
    sent.push({ symbol, expiry, strike, right, occ: contract.occ });
  }
  return same ? known : sortedSet(sent);
}

function sortedSet(sent: readonly SentContract[]): ContractSet | undefined {
  const inOrder = sent.every(({ occ }, i) => i === 0 || occ > (sent[i - 1]?.occ ?? ""));
  if (inOrder) return { sent, occ: sent.map(({ occ }) => occ), rowOf: null };
  const rows = sent.map(({ occ }, row) => ({ occ, row }))
    .sort((a, b) => (a.occ < b.occ ? -1 : a.occ > b.occ ? 1 : 0));
  if (rows.some(({ occ }, i) => occ === rows[i - 1]?.occ)) return undefined;
  return { sent, occ: rows.map(({ occ }) => occ), rowOf: Int32Array.from(rows, ({ row }) => row) };
}

function sortedColumns({ occ, rowOf }: ContractSet, fields: Fields, rest: Rest): QuoteColumns {
  const columns: Partial<Record<QuoteField, Int32Array | null>> = {};
  for (const field of QUOTE_FIELDS) {
    const column = fields[field];
    columns[field] = column.every((value) => value === NONE) ? null : sortedBy(rowOf, column);
  }
  return {
    occ,
    fields: columns as QuoteColumns["fields"], // every field was set just now
    kind: rest.kind && sortedBy(rowOf, rest.kind),
    multiplier: rest.multiplier && sortedBy(rowOf, rest.multiplier),
    quotedAtMs: rest.quotedAtMs && sortedBy(rowOf, rest.quotedAtMs),
  };
}

function sortedBy<T extends Int32Array | Uint8Array | Float64Array>(
  rowOf: Int32Array | null,
  column: T,
): T {
  if (!rowOf) return column;
  const sorted = column.slice() as T; // a slice is of the array's own kind
  for (let i = 0; i < rowOf.length; i++) sorted[i] = column[rowOf[i] ?? 0] ?? NONE;
  return sorted;
}
