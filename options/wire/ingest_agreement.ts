/** For tests: holds the quick way to read a body to the exact one. */
import { strict as assert } from "node:assert";
import type { QuoteColumns } from "../columns.ts";
import { QUOTE_FIELDS } from "../quote.ts";
import { readIngest, type ReadOutcome } from "./ingest.ts";
import type { IngestReader, ReadIngest } from "./ingest_reader.ts";

/** How a body was read. */
export type Reading = "quick" | "exact only" | "refused";

const decoder = new TextDecoder("utf-8", { fatal: true });

/** What the exact way says of a body. */
function exactly(bytes: Uint8Array): ReadOutcome | "no JSON" {
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(bytes));
  } catch {
    return "no JSON";
  }
  return readIngest(value);
}

/** Fails where a body is read quickly that the exact way refuses or reads as something else. */
export function agrees(reader: IngestReader, bytes: Uint8Array, name = ""): Reading {
  const quick = reader.read(bytes);
  const exact = exactly(bytes);
  const isTaken = exact !== "no JSON" && exact.ok;
  if (!quick) return isTaken ? "exact only" : "refused";
  const text = () => `${name}: ${new TextDecoder().decode(bytes.subarray(0, 10_000))}`;
  if (!isTaken) assert.fail(`read what is refused, ${JSON.stringify(exact)}, ${text()}`);
  same(quick, exact, text);
  return "quick";
}

/** Fails where two readings of a body differ. */
export function same(read: ReadIngest, expected: ReadIngest, text: () => string): void {
  const { columns, ...head } = read.batch;
  const { columns: expectedColumns, ...expectedHead } = expected.batch;
  const difference = differenceOf(columns, expectedColumns);
  if (difference !== undefined) assert.fail(`${difference}, ${text()}`);
  const rest = JSON.stringify([head, read.ignored]);
  const expectedRest = JSON.stringify([expectedHead, expected.ignored]);
  if (rest !== expectedRest) assert.deepEqual(rest, expectedRest, text());
}

/** Says where columns differ first: a chain is too long to be told whole. */
function differenceOf(a: QuoteColumns, b: QuoteColumns): string | undefined {
  const pairs: readonly (readonly [string, Column, Column])[] = [
    ["occ", a.occ, b.occ],
    ...QUOTE_FIELDS.map((field) => [field, a.fields[field], b.fields[field]] as const),
    ["kind", a.kind, b.kind],
    ["multiplier", a.multiplier, b.multiplier],
    ["quotedAtMs", a.quotedAtMs, b.quotedAtMs],
  ];
  for (const [name, x, y] of pairs) {
    if (x?.length !== y?.length) return `${name} has ${x?.length} values, not ${y?.length}`;
    for (let i = 0; x && y && i < x.length; i++) {
      if (!Object.is(x[i], y[i])) return `${name}[${i}] is ${x[i]}, not ${y[i]}`;
    }
  }
  return undefined;
}

type Column = ArrayLike<unknown> | null;
