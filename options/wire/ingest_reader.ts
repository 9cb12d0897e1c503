/**
 * The quick way to read an ingest body: from its bytes straight into columns. What is not plain,
 * or not right, it leaves to `JSON.parse` and `parseIngest()`, which stay the definition.
 */
import type { ColumnBatch } from "../columns.ts";
import { parseTicker, type Ticker } from "../contract.ts";
import { ContractSets } from "./contract_sets.ts";
import { CONTRACT_KEYS, HEAD_KEYS, Ignored, MISSING_KEYS, Problems, readHead } from "./ingest.ts";
import { JsonBytes } from "./json_bytes.ts";
import { QuoteBuffers } from "./quote_buffers.ts";
import { RowScan } from "./row_scan.ts";
import { SetReader } from "./set_reader.ts";

/** A body that was read, with the unknown fields it had. */
export interface ReadIngest {
  readonly batch: ColumnBatch;
  readonly ignored: readonly string[];
}

/** Reads one body after the other; a server keeps one. */
export class IngestReader {
  readonly #sets = new ContractSets();
  readonly #json = new JsonBytes();
  readonly #buffers = new QuoteBuffers();
  readonly #set = new SetReader(this.#json);
  readonly #rows = new RowScan(this.#json, this.#set, this.#buffers);

  /**
   * Reads the bytes of a body. `undefined` says that it must be read the exact way: it is wrong, or
   * of a form that comes too seldom to be quick.
   *
   * @example
   * ```ts
   * import { strict as assert } from "node:assert";
   * import { IngestReader } from "./ingest_reader.ts";
   * const contracts = [{ symbol: "SPXW260717C07500000", bid: 12.1, ask: -1 }];
   * const head = { ticker: "spx", agentId: "desk-1", agentTimestamp: "2026-07-15T17:15:53Z" };
   * const bytes = new TextEncoder().encode(JSON.stringify({ ...head, contracts }));
   * const read = new IngestReader().read(bytes);
   * assert(read?.batch.columns.fields.bid?.[0] === 121_000);
   * ```
   */
  read(bytes: Uint8Array): ReadIngest | undefined {
    this.#json.open(bytes);
    try {
      return this.#read(bytes);
    } finally {
      this.#buffers.clear();
      this.#json.close();
    }
  }

  #read(bytes: Uint8Array): ReadIngest | undefined {
    const place = this.#findContracts();
    const body = place && valueOf(bytes.subarray(0, place.from), "[]", bytes.subarray(place.to));
    const head = readHead(body, new Problems());
    const set = head && this.#set.set();
    if (!head || !set) return undefined;
    if (head.mode === "snapshot") this.#sets.keep(head.ticker, set);
    const ignored = new Ignored();
    ignored.note(body, HEAD_KEYS, "");
    for (const row of this.#rows.unknown) ignored.note(row, CONTRACT_KEYS, "contracts[].");
    // What readHead() takes has its missing contracts in a list, if at all.
    const { missing } = body as { readonly missing?: readonly unknown[] | null };
    for (const row of missing ?? []) ignored.note(row, MISSING_KEYS, "missing[].");
    return { batch: { ...head, columns: this.#buffers.toColumns(set) }, ignored: ignored.names };
  }

  /** Reads the contracts of a body, and says where in it they are. */
  #findContracts(): { readonly from: number; readonly to: number } | undefined {
    const json = this.#json;
    let place: { readonly from: number; readonly to: number } | undefined;
    let ticker: Ticker | undefined;
    if (!json.take(0x7b)) return undefined;
    do {
      if (!json.takeText()) return undefined;
      const key = json.text();
      if (!json.take(0x3a)) return undefined;
      json.peek();
      const from = json.at;
      if (key === "contracts") {
        if (place) return undefined;
        this.#set.open(ticker && this.#sets.get(ticker));
        if (!this.#rows.read()) return undefined;
        place = { from, to: json.at };
      } else if (!json.skip()) return undefined;
      if (key === "ticker") ticker = tickerOf(json.bytes.subarray(from, json.at));
    } while (json.take(0x2c));
    if (!json.take(0x7d)) return undefined;
    json.peek();
    return json.at === json.bytes.length ? place : undefined;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const NOTHING = new Uint8Array();

/** The JSON value of a text in three pieces; `undefined` where it is none. */
function valueOf(before: Uint8Array, between: string, after: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(before) + between + utf8.decode(after));
  } catch {
    return undefined;
  }
}

function tickerOf(json: Uint8Array): Ticker | undefined {
  const value = valueOf(json, "", NOTHING);
  return typeof value === "string" ? parseTicker(value) : undefined;
}
