/**
 * What goes to the server: the body of `POST /api/price-agent/ingest-chain`. Quotes and nothing
 * else: the agent never asks the gateway for accounts, positions or orders.
 */
import type { z } from "zod";
import type { Ticker } from "../../options/contract.ts";
import {
  type MissingContract,
  type Quote,
  QUOTE_FIELDS,
  type QuoteField,
  toStored,
} from "../../options/quote.ts";
import { type ingestColumnsBody, WIRE_NAME } from "../../options/wire/ingest_schema.ts";

/** A body as it is sent, without `sentAt`, which is set anew with every attempt. */
export type Payload = Omit<z.input<typeof ingestColumnsBody>, "sentAt">;

/** The contracts of a body: an array a field, sorted by contract. */
export type PayloadColumns = Payload["columns"];

/** What a body says of a chain. */
export interface PayloadSource {
  readonly ticker: Ticker;
  readonly agentId: string;
  readonly mode: "snapshot" | "update";
  readonly readId: string;
  /** Domain time of the newest quote. */
  readonly atMs: number;
  readonly spot: number | null;
  readonly quotes: readonly Quote[];
  readonly missing: readonly MissingContract[];
}

/** Builds a body. */
export function toPayload(source: PayloadSource): Payload {
  return {
    ticker: source.ticker,
    agentId: source.agentId,
    agentTimestamp: new Date(source.atMs).toISOString(),
    mode: source.mode,
    readId: source.readId,
    spotPrice: source.spot,
    columns: toColumns(source.quotes),
    ...(source.missing.length > 0 && { missing: [...source.missing] }),
  };
}

/**
 * Quotes as columns in the API's names, at stored precision; `null` says none now. A field that no
 * quote has is left out.
 */
function toColumns(quotes: readonly Quote[]): PayloadColumns {
  const sorted = quotes.toSorted((a, b) => (a.occ < b.occ ? -1 : a.occ > b.occ ? 1 : 0));
  const columns: Partial<Record<typeof WIRE_NAME[QuoteField], (number | null)[]>> = {};
  for (const field of QUOTE_FIELDS) {
    if (sorted.every((quote) => quote[field] === null)) continue;
    columns[WIRE_NAME[field]] = sorted.map((quote) => storedOrNull(field, quote[field]));
  }
  return {
    symbol: sorted.map(({ occ }) => occ),
    ...columns,
    ...named("multiplier", sorted.map(({ multiplier }) => multiplier)),
    ...named("market_data_type", sorted.map(({ kind }) => kind)),
  };
}

function storedOrNull(field: QuoteField, value: number | null): number | null {
  const stored = value === null ? null : toStored(field, value);
  // A greek that is nearly -1 must not become -1, which can say none, nor an IV above 0 become 0.
  return stored === -1 || stored === 0 ? value : stored;
}

/** One value where all have the same, else a column; nothing where none has one. */
function named<K extends string, T>(name: K, values: readonly T[]): { [P in K]?: T | T[] } {
  const [first] = values;
  if (first === undefined || values.some((value) => value !== first)) {
    // The computed name is of type K.
    return { [name]: [...values] } as { [P in K]?: T[] };
  }
  return (first === null ? {} : { [name]: first }) as { [P in K]?: T }; // as above
}
