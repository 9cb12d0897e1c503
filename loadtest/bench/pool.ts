/**
 * Requests made ahead and kept in a file, so that the program which sends them does nothing else.
 * Each is a whole HTTP/1.1 request in which only the time and the idempotency key are written anew,
 * at known places, before it is sent.
 */
import { gzipSync } from "node:zlib";
import { z } from "zod";
import type { Chain } from "./chains.ts";

/** How a chain is sent: a contract a row, a field a column, or rows compressed. */
export type BodyForm = "rows" | "columns" | "gzip";

/** The length of a time as `Date.toISOString()` writes it. */
const TIME_LENGTH = 24;

/** The time that a compressed body says: it cannot be written anew. */
const AHEAD_MS = 50_000;

const KEY_LENGTH = 36;

const request = z.object({
  ticker: z.string(),
  start: z.number(),
  end: z.number(),
  /** From `start`; `null` where the time cannot be written anew. */
  timeAt: z.number().nullable(),
  keyAt: z.number(),
});

/** Where one request lies in the file. */
export type PooledRequest = z.infer<typeof request>;

/** Requests and where each lies. */
export interface Pool {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly requests: readonly PooledRequest[];
}

/** Who sends. */
export interface Sender {
  readonly agentId: string;
  readonly key: string;
}

/** Writes requests into `path` and where each lies into `path`.json. */
export class PoolWriter {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #requests: PooledRequest[] = [];
  #length = 0;

  constructor(path: string) {
    this.#path = path;
    this.#file = Deno.openSync(path, { write: true, create: true, truncate: true });
  }

  /** Adds the request that brings a chain. */
  add(chain: Chain, form: BodyForm, sender: Sender): void {
    // A time that is written anew is a refused one before, so that none is forgotten.
    const atMs = form === "gzip" ? Date.now() + AHEAD_MS : 0;
    const body = bodyOf(chain, form, { agentId: sender.agentId, atMs });
    const head = headOf(body.length, form, sender);
    const start = this.#length;
    for (const part of [head, body]) this.#write(part);
    this.#requests.push({
      ticker: chain.ticker,
      start,
      end: this.#length,
      timeAt: form === "gzip" ? null : head.length + placeOf(body, TIME_MARK),
      keyAt: placeOf(head, KEY_MARK),
    });
  }

  /** Ends the file; it can be read from now on. */
  close(): void {
    this.#file.close();
    Deno.writeTextFileSync(`${this.#path}.json`, JSON.stringify(this.#requests));
  }

  #write(bytes: Uint8Array): void {
    for (let sent = 0; sent < bytes.length;) sent += this.#file.writeSync(bytes.subarray(sent));
    this.#length += bytes.length;
  }
}

/** Reads what a {@link PoolWriter} wrote. */
export async function readPool(path: string): Promise<Pool> {
  return {
    bytes: await Deno.readFile(path),
    requests: z.array(request).parse(JSON.parse(await Deno.readTextFile(`${path}.json`))),
  };
}

const encoder = new TextEncoder();

/** Writes the time, and a key that was never used, into a request. */
export function renew(request: Uint8Array, { timeAt, keyAt }: PooledRequest, key: string): void {
  if (timeAt !== null) {
    encoder.encodeInto(new Date().toISOString(), request.subarray(timeAt, timeAt + TIME_LENGTH));
  }
  encoder.encodeInto(key.padEnd(KEY_LENGTH, "-"), request.subarray(keyAt, keyAt + KEY_LENGTH));
}

const TIME_MARK = '"agentTimestamp":"';
const KEY_MARK = "Idempotency-Key: ";

/** The place behind a mark, which is near the beginning. */
function placeOf(bytes: Uint8Array, mark: string): number {
  const text = new TextDecoder("latin1").decode(bytes.subarray(0, 1_000));
  const at = text.indexOf(mark);
  if (at < 0) throw new Error(`${mark} is not in the first bytes of a request`);
  return at + mark.length;
}

function headOf(length: number, form: BodyForm, { key }: Sender): Uint8Array {
  const lines = [
    "POST /api/price-agent/ingest-chain HTTP/1.1",
    "Host: 127.0.0.1",
    `Authorization: Bearer ${key}`,
    "Content-Type: application/json",
    ...(form === "gzip" ? ["Content-Encoding: gzip"] : []),
    `Content-Length: ${length}`,
    `${KEY_MARK}${"-".repeat(KEY_LENGTH)}`,
  ];
  return encoder.encode(`${lines.join("\r\n")}\r\n\r\n`);
}

/** The body that brings a chain. */
export function bodyOf(
  chain: Chain,
  form: BodyForm,
  { agentId, atMs }: { readonly agentId: string; readonly atMs: number },
): Uint8Array {
  const head = {
    ticker: chain.ticker,
    agentId,
    agentTimestamp: new Date(atMs).toISOString(),
    spotPrice: chain.spot,
  };
  const contracts = form === "columns"
    ? { columns: columnsOf(chain) }
    : { contracts: rowsOf(chain) };
  const bytes = encoder.encode(JSON.stringify({ ...head, ...contracts }));
  return form === "gzip" ? gzipSync(bytes) : bytes;
}

/** The contracts as the first version of the product sends them. */
function rowsOf({ rows }: Chain): unknown[] {
  return rows.map((row) => ({
    symbol: row.contract.occ,
    strike: row.contract.strike,
    expiry: row.contract.expiry,
    right: row.contract.right,
    bid: row.bid,
    ask: row.ask,
    mid: row.mid,
    last: row.last,
    volume: row.volume,
    open_interest: row.openInterest,
    implied_vol: row.impliedVol,
    delta: row.delta,
    bid_size: row.bidSize,
    ask_size: row.askSize,
  }));
}

function columnsOf({ rows }: Chain): Record<string, unknown[]> {
  const sorted = rows.toSorted((a, b) => a.contract.occ < b.contract.occ ? -1 : 1);
  return {
    symbol: sorted.map((row) => row.contract.occ),
    bid: sorted.map((row) => row.bid),
    ask: sorted.map((row) => row.ask),
    last: sorted.map((row) => row.last),
    volume: sorted.map((row) => row.volume),
    open_interest: sorted.map((row) => row.openInterest),
    implied_vol: sorted.map((row) => row.impliedVol),
    delta: sorted.map((row) => row.delta),
    bid_size: sorted.map((row) => row.bidSize),
    ask_size: sorted.map((row) => row.askSize),
  };
}
