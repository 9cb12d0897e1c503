/** Made-up batches of history, for the tests of the files' formats. */
import fc from "fast-check";
import { columnsOf } from "../../../options/columns.ts";
import {
  makeContract,
  type OccSymbol,
  parseIsoDate,
  parseTicker,
} from "../../../options/contract.ts";
import type { HistoryBatch } from "../../../options/formats/history.ts";
import {
  FIELD_SCALE,
  MARKET_DATA_KINDS,
  type Quote,
  QUOTE_FIELDS,
  type QuoteField,
} from "../../../options/quote.ts";

const INT4_MAX = 2_147_483_647;
const SIGNED: ReadonlySet<string> = new Set(["delta", "gamma", "theta", "vega"]);

const ticker = parseTicker("BRK.B");
const expiry = parseIsoDate("2026-12-18");
if (!ticker || !expiry) throw new Error("neither ticker nor day");

const symbols: readonly OccSymbol[] = [0.005, 70.71, 210, 99_999.999].flatMap((strike) =>
  makeContract("BRKB", expiry, "P", strike)?.occ ?? []
);

const fields = Object.fromEntries(QUOTE_FIELDS.map((field) => [
  field,
  fc.option(
    fc.integer({ min: SIGNED.has(field) ? -INT4_MAX : 0, max: INT4_MAX })
      .map((whole) => whole / FIELD_SCALE[field]),
  ),
]));

const quotes: fc.Arbitrary<Quote[]> = fc.subarray([...symbols], { minLength: 1 }).chain((chosen) =>
  fc.tuple(...chosen.map((occ) =>
    fc.record({
      // One for each of QUOTE_FIELDS.
      ...(fields as Record<QuoteField, fc.Arbitrary<number | null>>),
      occ: fc.constant(occ),
      kind: fc.option(fc.constantFrom(...MARKET_DATA_KINDS)),
      multiplier: fc.option(fc.constantFrom(0.5, 10, 100)),
      quotedAtMs: fc.option(fc.integer({ min: 0, max: 2_000_000_000_000 })),
    })
  ))
);

/** What may be in a text that is kept: whatever CSV, JSON and Parquet must not trip over. */
const text = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'",\n\r\\ é🙂'), minLength: 1, maxLength: 20 }),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }),
).filter((kept) => kept.isWellFormed() && !kept.includes("\0"));

/** Any batch that can be stored. */
export const anyBatch: fc.Arbitrary<HistoryBatch> = fc.record({
  ticker: fc.constant(ticker),
  seq: fc.integer({ min: 1, max: 9_000_000_000 }),
  mode: fc.constantFrom("snapshot", "update"),
  asOfMs: fc.integer({ min: 946_684_800_000, max: 1_700_000_000_000 }),
  receivedAtMs: fc.integer({ min: 1_700_000_000_001, max: 1_800_000_000_000 }),
  agentTimeMs: fc.integer({ min: 946_684_800_000, max: 1_800_000_000_000 }),
  agentId: fc.constantFrom("deals-0", "import"),
  readId: fc.option(text),
  traceId: fc.option(text),
  spot: fc.option(fc.integer({ min: 1, max: 9_999_999_999 }).map((whole) => whole / 10_000)),
  columns: quotes.map(columnsOf),
  missing: fc.array(fc.record({ contract: text, reason: text }), { maxLength: 2 }),
}).map((batch) => ({ ...batch, late: batch.asOfMs < batch.receivedAtMs }));
