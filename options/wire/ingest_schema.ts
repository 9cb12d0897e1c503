/**
 * The body of `POST /api/price-agent/ingest-chain` as zod schemas, field by field. What spans
 * several fields (a symbol that must agree with its strike, duplicates) is in `ingest.ts`; the
 * statements are in `docs/specs/wire.md`.
 */
import { z } from "zod";
import { MAX_STRIKE, parseIsoDate, parseOcc, parseTicker } from "../contract.ts";
import { MARKET_DATA_KINDS, type QuoteField } from "../quote.ts";
import { parseInstant } from "./instant.ts";

/** Contracts one body may hold; more is answered with 413. */
export const MAX_CONTRACTS = 50_000;

/** Prices must be below this, so that ten-thousandths fit a 32-bit integer. */
export const PRICE_LIMIT = 200_000;

/** The largest size, volume and open interest: the largest 32-bit integer. */
export const MAX_COUNT = 2_147_483_647;

/** IV and greeks must be at most this far from 0, so that millionths fit a 32-bit integer. */
export const MAX_GREEK = 2_147;

const NONE = "null, absent or -1 says none";

const zeroOrMoreOrNone = (value: number): boolean => value === -1 || value >= 0;

const price = z.number()
  .lt(PRICE_LIMIT, `must be below ${PRICE_LIMIT}`)
  .refine(zeroOrMoreOrNone, `must be 0 or more; ${NONE}`)
  .nullish();

const count = z.number()
  .int("must be a whole number")
  .lte(MAX_COUNT, `must be at most ${MAX_COUNT}`)
  .refine(zeroOrMoreOrNone, `must be 0 or more; ${NONE}`)
  .nullish();

const volatility = z.number()
  .lte(MAX_GREEK, `must be a fraction (0.25 is 25 %) of at most ${MAX_GREEK}`)
  .refine(zeroOrMoreOrNone, `must be 0 or more; ${NONE}`)
  .nullish();

const greek = z.number()
  .gte(-MAX_GREEK, `must be at least -${MAX_GREEK}`)
  .lte(MAX_GREEK, `must be at most ${MAX_GREEK}`)
  .nullish();

const instant = z.string().superRefine((text, context) => {
  const read = parseInstant(text);
  if (typeof read === "number") return;
  context.addIssue({
    code: "custom",
    message: read === "no zone"
      ? "must name its zone, as in 2026-07-15T13:15:53-04:00 or 2026-07-15T17:15:53Z"
      : "must be an ISO 8601 time with a zone, such as 2026-07-15T17:15:53Z",
  });
});

const expiry = z.string().refine((text) => {
  const day = parseIsoDate(text);
  // An OCC symbol has two digits for the year.
  return day !== undefined && day.startsWith("20");
}, "must be a day from 2000 to 2099, as YYYY-MM-DD or YYYYMMDD");

const right = z.string().regex(/^(?:C|P|CALL|PUT)$/i, "must be C, P, CALL or PUT");

const strike = z.number().refine(
  (value) => value > 0 && value <= MAX_STRIKE && isThousandths(value),
  `must be above 0, at most ${MAX_STRIKE}, with at most three decimals`,
);

function isThousandths(value: number): boolean {
  return Math.abs(Math.round(value * 1000) - value * 1000) <= 1e-6;
}

/** What a field is called in a body. */
export const WIRE_NAME = {
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
} as const satisfies Record<QuoteField, string>;

/** The largest multiplier of a contract. */
export const MAX_MULTIPLIER = 1_000_000;

const multiplier = z.number().positive().max(MAX_MULTIPLIER).nullish();
const marketDataType = z.enum(MARKET_DATA_KINDS).nullish();
const quotedAt = instant.nullish();

/** One contract of an ingest body. */
export const ingestContract = z.object({
  symbol: z.string().min(1).max(32)
    .describe("OCC symbol, compact or padded (SPXW260717C07500000), or its root (SPXW)"),
  expiry: expiry.nullish(),
  strike: strike.nullish(),
  right: right.nullish(),
  bid: price,
  ask: price,
  mid: price.describe("accepted, and computed anew from bid and ask"),
  last: price,
  volume: count,
  open_interest: count,
  implied_vol: volatility.describe("a fraction: 0.25 is 25 %"),
  delta: greek,
  gamma: greek,
  theta: greek,
  vega: greek,
  bid_size: count,
  ask_size: count,
  multiplier,
  market_data_type: marketDataType,
  quoted_at: quotedAt,
});

/** One contract of an ingest body, checked field by field. */
export type IngestContract = z.infer<typeof ingestContract>;

/** The fields by which a contract is named. */
export const ingestIdentity = ingestContract.pick({
  symbol: true,
  expiry: true,
  strike: true,
  right: true,
});

/** The fields by which a contract is named, checked. */
export type IngestIdentity = z.infer<typeof ingestIdentity>;

/** Text that is kept as it came: PostgreSQL's `text` and `jsonb` hold neither NUL nor half a surrogate pair. */
function keptText(maxLength: number) {
  return z.string().min(1).max(maxLength).refine(
    (text) => text.isWellFormed() && !text.includes("\0"),
    "must be text without NUL characters and without halves of surrogate pairs",
  );
}

/** A contract that the read was to bring and did not. */
export const ingestMissing = z.object({
  contract: keptText(64),
  reason: keptText(200),
});

/** The form of an agent's name, in payloads and on its keys. */
export const AGENT_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** An agent's name. */
export const agentId = z.string().regex(
  AGENT_NAME,
  "must be 1 to 64 letters, digits, dots, hyphens or underscores",
);

const head = {
  ticker: z.string().refine(
    (text) => parseTicker(text) !== undefined,
    "must name a ticker, such as EA or BRK-B",
  ),
  agentId,
  agentTimestamp: instant.optional(),
  timestamp: instant.optional().describe("alias of agentTimestamp"),
  sentAt: instant.nullish(),
  spotPrice: price,
  mode: z.enum(["snapshot", "update"]).optional(),
  readId: keptText(64).nullish(),
  missing: z.array(ingestMissing).max(MAX_CONTRACTS).nullish(),
};

const occSymbol = z.string().min(1).max(32).refine(
  (text) => parseOcc(text.trim().toUpperCase()) !== undefined,
  "must be an OCC symbol, such as SPXW260717C07500000",
);

/** One value of a field a contract. */
function column<T extends z.ZodType>(field: T) {
  return z.array(field).max(MAX_CONTRACTS).nullish();
}

/** One value a contract, or one that all contracts have. */
function valueOrColumn<T extends z.ZodType>(field: T) {
  return z.union([field, z.array(field).max(MAX_CONTRACTS)]);
}

/** The contracts of an ingest body as columns: arrays of one length, a value a contract. */
export const ingestColumns = z.object({
  symbol: z.array(occSymbol).max(MAX_CONTRACTS)
    .describe("OCC symbols, compact or padded, each once; quickest where they are sorted"),
  bid: column(price),
  ask: column(price),
  last: column(price),
  volume: column(count),
  open_interest: column(count),
  implied_vol: column(volatility).describe("fractions: 0.25 is 25 %"),
  delta: column(greek),
  gamma: column(greek),
  theta: column(greek),
  vega: column(greek),
  bid_size: column(count),
  ask_size: column(count),
  multiplier: valueOrColumn(multiplier),
  market_data_type: valueOrColumn(marketDataType),
  quoted_at: valueOrColumn(quotedAt),
});

/** The contracts of an ingest body as columns, checked value by value. */
export type IngestColumns = z.infer<typeof ingestColumns>;

/** The body without a look at its contracts, which `ingest.ts` checks one by one. */
export const ingestHead = z.object({
  ...head,
  contracts: z.array(z.unknown()).optional(),
  columns: z.unknown().optional(),
});

/** A whole body with a contract a row. */
export const ingestRowsBody = z.object({
  ...head,
  contracts: z.array(ingestContract).max(MAX_CONTRACTS),
  columns: z.never().optional(),
});

/** A whole body with its contracts as columns. */
export const ingestColumnsBody = z.object({
  ...head,
  contracts: z.never().optional(),
  columns: ingestColumns,
});

/** The whole body, for the API's description: its contracts are in one of two forms. */
export const ingestBody = z.union([ingestRowsBody, ingestColumnsBody]);
