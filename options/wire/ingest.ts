/**
 * Reads the body of `POST /api/price-agent/ingest-chain` into our own terms, or says of every bad
 * field what is wrong with it (`docs/specs/wire.md`).
 */
import { type FieldProblem, MAX_FIELD_PROBLEMS } from "../../base/problem.ts";
import { type ColumnBatch, columnsOf } from "../columns.ts";
import {
  type Contract,
  makeContract,
  type OccSymbol,
  parseIsoDate,
  parseOcc,
  parseTicker,
  type Right,
} from "../contract.ts";
import type { ChainBatch, Quote } from "../quote.ts";
import type { z } from "zod";
import { quotesOfColumns } from "./ingest_columns.ts";
import { instantOrNull, orNone, toQuote } from "./ingest_quote.ts";
import {
  ingestColumns,
  ingestContract,
  ingestHead,
  type IngestIdentity,
  ingestIdentity,
} from "./ingest_schema.ts";

/** At most this many unknown fields are named in an answer. */
export const MAX_IGNORED = 50;

/** A body that was read, with the unknown fields it had; or what is wrong with it. */
export type IngestOutcome =
  | { readonly ok: true; readonly batch: ChainBatch; readonly ignored: readonly string[] }
  | { readonly ok: false; readonly errors: readonly FieldProblem[] };

/**
 * Reads an ingest body. Every bad field is named by its path (`contracts[3].strike`), at most
 * {@link MAX_FIELD_PROBLEMS}; fields we do not know are named in `ignored`, each once.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { parseIngest } from "./ingest.ts";
 * const outcome = parseIngest({
 *   ticker: "spx",
 *   agentId: "desk-1",
 *   agentTimestamp: "2026-07-15T17:15:53Z",
 *   contracts: [{ symbol: "SPXW260717C07500000", bid: 12.1, ask: -1 }],
 * });
 * assert(outcome.ok && outcome.batch.quotes[0]?.ask === null);
 * ```
 */
export function parseIngest(body: unknown): IngestOutcome {
  const errors = new Problems();
  const ignored = new Ignored();
  const head = readHead(body, errors);
  ignored.note(body, HEAD_KEYS, "");
  const quotes = readColumns(body, errors, ignored);
  const rows = arrayAt(body, "contracts");
  const firstIndex = new Map<OccSymbol, number>();
  for (let index = 0; index < rows.length && !errors.full; index++) {
    const row = rows[index];
    ignored.note(row, CONTRACT_KEYS, "contracts[].");
    const quote = readContract(row, `contracts[${index}]`, errors);
    if (!quote) continue;
    const first = firstIndex.get(quote.occ);
    if (first !== undefined) {
      errors.add(`contracts[${index}].symbol`, `is ${quote.occ}, which contracts[${first}] is too`);
      continue;
    }
    firstIndex.set(quote.occ, index);
    quotes.push(quote);
  }
  if (!head || errors.list.length > 0) return { ok: false, errors: errors.list };
  for (const row of arrayAt(body, "missing")) ignored.note(row, MISSING_KEYS, "missing[].");
  return { ok: true, batch: { ...head, quotes }, ignored: ignored.names };
}

/** A body that was read into columns, with the unknown fields it had; or what is wrong with it. */
export type ReadOutcome =
  | { readonly ok: true; readonly batch: ColumnBatch; readonly ignored: readonly string[] }
  | { readonly ok: false; readonly errors: readonly FieldProblem[] };

/** Reads an ingest body as {@link parseIngest} does, into columns. */
export function readIngest(body: unknown): ReadOutcome {
  const read = parseIngest(body);
  if (!read.ok) return read;
  const { quotes, ...head } = read.batch;
  return { ok: true, batch: { ...head, columns: columnsOf(quotes) }, ignored: read.ignored };
}

/** How many contracts a body brings, by its rows or its columns; 0 where it has neither. */
export function contractCount(body: unknown): number {
  if (typeof body !== "object" || body === null) return 0;
  if ("contracts" in body && Array.isArray(body.contracts)) return body.contracts.length;
  if (!("columns" in body) || typeof body.columns !== "object" || body.columns === null) return 0;
  // The longest, since all of them would have to be read to say what is wrong with each.
  const columns = Object.values(body.columns).filter(Array.isArray);
  return Math.max(0, ...columns.map(({ length }) => length));
}

/** The fields of a body's head that are known. */
export const HEAD_KEYS: ReadonlySet<string> = new Set(Object.keys(ingestHead.shape));
/** The fields of a contract that are known. */
export const CONTRACT_KEYS: ReadonlySet<string> = new Set(Object.keys(ingestContract.shape));
/** The columns that are known. */
export const COLUMN_KEYS: ReadonlySet<string> = new Set(Object.keys(ingestColumns.shape));
/** The fields of a missing contract that are known. */
export const MISSING_KEYS: ReadonlySet<string> = new Set(["contract", "reason"]);

/** What is wrong with a body, at most {@link MAX_FIELD_PROBLEMS} fields of it. */
export class Problems {
  readonly list: FieldProblem[] = [];

  get full(): boolean {
    return this.list.length >= MAX_FIELD_PROBLEMS;
  }

  add(path: string, message: string): void {
    if (!this.full) this.list.push({ path, message });
  }

  addAll(prefix: string, issues: readonly z.core.$ZodIssue[]): void {
    for (const issue of issues) {
      const path = pathText(prefix, issue.path);
      if (issue.code !== "invalid_union") this.add(path, sentence(issue));
      // Of a value or a column of them: the latter where a value within it is named.
      else this.addAll(path, issue.errors.find(namesWithin) ?? issue.errors[0] ?? []);
    }
  }
}

/** The unknown fields of a body, each once. */
export class Ignored {
  readonly #names = new Set<string>();

  get names(): readonly string[] {
    return [...this.#names];
  }

  /** Notes the fields of an object that are not known. */
  note(value: unknown, known: ReadonlySet<string>, prefix: string): void {
    if (typeof value !== "object" || value === null) return;
    for (const key in value) {
      if (known.has(key) || !Object.hasOwn(value, key) || this.#names.size >= MAX_IGNORED) continue;
      this.#names.add(prefix + key.slice(0, 64));
    }
  }
}

function namesWithin(issues: readonly z.core.$ZodIssue[]): boolean {
  return issues.some(({ path }) => path.length > 0);
}

function sentence(issue: z.core.$ZodIssue): string {
  if (issue.code !== "invalid_type") return issue.message;
  const received = /received (\w+)$/.exec(issue.message)?.[1] ?? "something else";
  return received === "undefined"
    ? `is needed: ${issue.expected}`
    : `must be of type ${issue.expected}, is ${received}`;
}

function pathText(prefix: string, path: readonly PropertyKey[]): string {
  let text = prefix;
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else text += text === "" ? String(part) : `.${String(part)}`;
  }
  return text === "" ? "body" : text;
}

function arrayAt(body: unknown, key: "contracts" | "missing"): readonly unknown[] {
  if (typeof body !== "object" || body === null || !(key in body)) return [];
  // Just seen to be an object with the key; what its value is, is asked next.
  const value = (body as Record<typeof key, unknown>)[key];
  return Array.isArray(value) ? value : [];
}

/** Reads all of a body but its contracts. */
export function readHead(body: unknown, errors: Problems): Omit<ChainBatch, "quotes"> | undefined {
  const read = ingestHead.safeParse(body);
  if (!read.success) errors.addAll("", read.error.issues);
  if (lacksTime(body)) {
    errors.add("agentTimestamp", "is needed: the agent's time, ISO 8601 with a zone");
  }
  const forms = contractForms(body);
  if (forms === "none") errors.add("contracts", "is needed, or columns in its place");
  if (forms === "both") {
    errors.add("columns", "must not be beside contracts: a body has one of them");
  }
  if (!read.success || forms !== "one") return undefined;
  const { data } = read;
  const ticker = parseTicker(data.ticker);
  const agentTimeMs = instantOrNull(data.agentTimestamp ?? data.timestamp);
  if (!ticker || agentTimeMs === null) return undefined;
  return {
    ticker,
    agentId: data.agentId,
    agentTimeMs,
    sentAtMs: instantOrNull(data.sentAt),
    // A spot of 0 is none: it is never guessed, and no underlying trades at 0.
    spot: orNone(data.spotPrice) || null,
    mode: data.mode ?? "snapshot",
    readId: data.readId ?? null,
    missing: (data.missing ?? []).map(readMissing),
  };
}

/** In how many forms a body has its contracts; "one" also for what is no body. */
function contractForms(body: unknown): "none" | "one" | "both" {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return "one";
  if ("contracts" in body) return "columns" in body ? "both" : "one";
  return "columns" in body ? "one" : "none";
}

/** The quotes of a body's columns; none where it has none. */
function readColumns(body: unknown, errors: Problems, ignored: Ignored): Quote[] {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return [];
  if (!("columns" in body)) return [];
  ignored.note(body.columns, COLUMN_KEYS, "columns.");
  const read = ingestColumns.safeParse(body.columns);
  if (read.success) {
    return quotesOfColumns(read.data, (path, message) => errors.add(path, message));
  }
  errors.addAll("columns", read.error.issues);
  return [];
}

function lacksTime(body: unknown): boolean {
  return typeof body === "object" && body !== null && !Array.isArray(body) &&
    !("agentTimestamp" in body) && !("timestamp" in body);
}

function readContract(row: unknown, path: string, errors: Problems): Quote | undefined {
  const read = ingestContract.safeParse(row);
  if (!read.success) {
    errors.addAll(path, read.error.issues);
    return undefined;
  }
  const contract = identify(read.data, path, errors);
  return contract && toQuote(contract.occ, read.data);
}

/** The contract a row names; `undefined` where it names none. */
export function contractOf(row: unknown): Contract | undefined {
  const read = ingestIdentity.safeParse(row);
  return read.success ? identify(read.data, "", new Problems()) : undefined;
}

/** The contract a row names, by its OCC symbol or by root, expiry, strike and right. */
function identify(row: IngestIdentity, path: string, errors: Problems): Contract | undefined {
  const symbol = row.symbol.trim().toUpperCase();
  const expiry = row.expiry ? parseIsoDate(row.expiry) : undefined;
  const right: Right | undefined = row.right ? (/^c/i.test(row.right) ? "C" : "P") : undefined;
  const strike = row.strike ?? undefined;
  const named = parseOcc(symbol);
  if (named) {
    const before = errors.list.length;
    const agree = (field: string, given: unknown, said: unknown): void => {
      if (given === undefined || given === said) return;
      errors.add(`${path}.${field}`, `is ${given}, but the symbol ${named.occ} says ${said}`);
    };
    agree("expiry", expiry, named.expiry);
    agree("right", right, named.right);
    agree("strike", strike === undefined ? undefined : toThousandths(strike), named.strike);
    return errors.list.length === before ? named : undefined;
  }
  // The root of BRK-B, which IB writes "BRK B", is BRKB.
  const root = symbol.replaceAll(/[ \-/]/g, "");
  if (!/^[A-Z][A-Z0-9.]{0,5}$/.test(root)) {
    errors.add(
      `${path}.symbol`,
      `is neither an OCC symbol (SPXW260717C07500000) nor a root of at most 6 characters: ${
        JSON.stringify(row.symbol)
      }`,
    );
    return undefined;
  }
  if (!expiry || !right || strike === undefined) {
    const given = { expiry, strike, right };
    for (const [field, value] of Object.entries(given)) {
      if (value === undefined) errors.add(`${path}.${field}`, `is needed: ${root} is only a root`);
    }
    return undefined;
  }
  const contract = makeContract(root, expiry, right, strike);
  if (!contract) errors.add(`${path}.symbol`, `makes no OCC symbol with the root ${root}`);
  return contract;
}

function toThousandths(strike: number): number {
  return Math.round(strike * 1000) / 1000;
}

function readMissing(row: { contract: string; reason: string }): ChainBatch["missing"][number] {
  return {
    contract: parseOcc(row.contract.toUpperCase())?.occ ?? row.contract,
    reason: row.reason,
  };
}
