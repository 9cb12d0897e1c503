/**
 * The quick way to read an ingest body: from its bytes straight into columns. What is not plain,
 * or not right, it leaves to `JSON.parse` and `parseIngest()`, which stay the definition.
 */
import type { ColumnBatch } from "../columns.ts";
import { parseTicker, type Ticker } from "../contract.ts";
import { type ContractSet, ContractSets } from "./contract_sets.ts";
import {
  COLUMN_KEYS,
  CONTRACT_KEYS,
  HEAD_KEYS,
  Ignored,
  MISSING_KEYS,
  Problems,
  readHead,
} from "./ingest.ts";
import { JsonBytes, jsonValue } from "./json_bytes.ts";
import { type Form, Scanner } from "./scanner.ts";
import { readSet } from "./set_reader.ts";

/** A body that was read, with the unknown fields it had. */
export interface ReadIngest {
  readonly batch: ColumnBatch;
  readonly ignored: readonly string[];
}

/** Where in a body its contracts are, in which form, and which. */
interface Contracts {
  readonly from: number;
  readonly to: number;
  readonly form: Form;
  readonly set: ContractSet;
}

/** Reads one body after the other; a server keeps one. */
export class IngestReader {
  readonly #sets = new ContractSets();
  readonly #json = new JsonBytes();
  readonly #scanner = new Scanner();

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
    // What ends with the end of an object cannot end within a number.
    if (bytes.findLast((byte) => byte > 0x20) !== 0x7d) return undefined;
    this.#json.open(bytes);
    try {
      return this.#read(bytes);
    } finally {
      this.#scanner.close();
      this.#json.close();
    }
  }

  #read(bytes: Uint8Array): ReadIngest | undefined {
    const contracts = this.#findContracts();
    if (!contracts) return undefined;
    const { from, to, form, set } = contracts;
    const body = jsonValue(bytes.subarray(0, from), NO_CONTRACTS, bytes.subarray(to));
    const head = readHead(body, new Problems());
    if (!head) return undefined;
    if (head.mode === "snapshot") this.#sets.keep(head.ticker, set);
    const ignored = new Ignored();
    ignored.note(body, HEAD_KEYS, "");
    for (const fields of this.#scanner.unknown) {
      if (form === "columns") ignored.note(fields, COLUMN_KEYS, "columns.");
      else ignored.note(fields, CONTRACT_KEYS, "contracts[].");
    }
    // What readHead() takes has its missing contracts in a list, if at all.
    const { missing } = body as { readonly missing?: readonly unknown[] | null };
    for (const row of missing ?? []) ignored.note(row, MISSING_KEYS, "missing[].");
    return { batch: { ...head, columns: this.#scanner.toColumns(set) }, ignored: ignored.names };
  }

  /** Reads the contracts of a body, and says where in it they are. */
  #findContracts(): Contracts | undefined {
    const json = this.#json;
    let contracts: Contracts | undefined;
    let ticker: Ticker | undefined;
    if (!json.take(0x7b)) return undefined;
    do {
      if (!json.takeText()) return undefined;
      const key = json.text();
      if (!json.take(0x3a)) return undefined;
      json.peek();
      const from = json.at;
      if (key === "contracts" || key === "columns") {
        if (contracts) return undefined;
        contracts = this.#readContracts(
          from,
          key === "columns" ? "columns" : "rows",
          ticker && this.#sets.get(ticker),
        );
        if (!contracts) return undefined;
        json.at = contracts.to;
      } else if (!json.skip()) return undefined;
      if (key === "ticker") ticker = tickerOf(json.bytes.subarray(from, json.at));
    } while (json.take(0x2c));
    if (!json.take(0x7d)) return undefined;
    json.peek();
    return json.at === json.bytes.length ? contracts : undefined;
  }

  #readContracts(
    from: number,
    form: Form,
    known: ContractSet | undefined,
  ): Contracts | undefined {
    const scanner = this.#scanner;
    const to = scanner.scan(this.#json.bytes, from, form, known);
    if (to < 0) return undefined;
    const set = readSet(known, scanner.asKnown, scanner.bytes, scanner.names);
    return set && { from, to, form, set };
  }
}

/** What stands in the head in the place of the contracts. */
const NO_CONTRACTS = new TextEncoder().encode("[]");

function tickerOf(json: Uint8Array): Ticker | undefined {
  const value = jsonValue(json);
  return typeof value === "string" ? parseTicker(value) : undefined;
}
