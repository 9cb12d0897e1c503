import { strict as assert } from "node:assert";
import type { QuoteColumns } from "../columns.ts";
import { QUOTE_FIELDS } from "../quote.ts";
import { readIngest, type ReadOutcome } from "./ingest.ts";
import { IngestReader } from "./ingest_reader.ts";
import { bodyText, randomOf } from "./ingest_texts.ts";

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

function sameColumns(a: QuoteColumns, b: QuoteColumns): boolean {
  const same = (x: ArrayLike<unknown> | null, y: ArrayLike<unknown> | null): boolean => {
    if (x === null || y === null) return x === y;
    if (x.length !== y.length) return false;
    for (let i = 0; i < x.length; i++) if (!Object.is(x[i], y[i])) return false;
    return true;
  };
  return same(a.occ, b.occ) && same(a.kind, b.kind) && same(a.multiplier, b.multiplier) &&
    same(a.quotedAtMs, b.quotedAtMs) &&
    QUOTE_FIELDS.every((field) => same(a.fields[field], b.fields[field]));
}

Deno.test("IngestReader reads 100,000 good, bad and odd bodies just as the schema does", () => {
  const reader = new IngestReader();
  const counts = { quick: 0, exactOnly: 0, refused: 0 };
  for (let seed = 1; seed <= 100_000; seed++) {
    const bytes = bodyText(randomOf(seed));
    const quick = reader.read(bytes);
    // What is not read quickly is read exactly: there is nothing to compare, only to count.
    if (!quick && seed % 16 !== 0) continue;
    const exact = exactly(bytes);
    const isTaken = exact !== "no JSON" && exact.ok;
    if (!quick) {
      counts[isTaken ? "exactOnly" : "refused"] += 16;
      continue;
    }
    counts.quick++;
    const text = () => `seed ${seed}: ${new TextDecoder().decode(bytes)}`;
    if (!isTaken) assert.fail(`read what is refused, ${JSON.stringify(exact)}, ${text()}`);
    const { columns, ...head } = quick.batch;
    const { columns: expected, ...expectedHead } = exact.batch;
    if (!sameColumns(columns, expected)) assert.deepEqual(columns, expected, text());
    const rest = JSON.stringify([head, quick.ignored]);
    const expectedRest = JSON.stringify([expectedHead, exact.ignored]);
    if (rest !== expectedRest) assert.deepEqual(rest, expectedRest, text());
  }
  // The bodies are of every sort, and most of what is taken is read quickly.
  assert.ok(counts.quick > 30_000 && counts.refused > 20_000, JSON.stringify(counts));
  assert.ok(counts.exactOnly < counts.quick / 4, JSON.stringify(counts));
});

const HEAD = { ticker: "EA", agentId: "deals", agentTimestamp: "2026-07-15T17:15:53Z" };

function occOf(reader: IngestReader, contracts: readonly unknown[]): readonly string[] {
  const read = reader.read(new TextEncoder().encode(JSON.stringify({ ...HEAD, contracts })));
  assert.ok(read);
  return read.batch.columns.occ;
}

Deno.test("IngestReader gives the same array of contracts for the same set of a ticker", () => {
  const reader = new IngestReader();
  const [call, put] = ["EA261218C00210000", "EA261218P00210000"];
  const first = occOf(reader, [{ symbol: put, bid: 1 }, { symbol: call, bid: 2 }]);
  assert.deepEqual(first, [call, put]);
  assert.equal(occOf(reader, [{ symbol: put, bid: 3 }, { symbol: call, ask: 4 }]), first);
  assert.deepEqual(occOf(reader, [{ symbol: put, bid: 3 }]), [put]);
});

Deno.test("IngestReader tells a contract from one whose name only begins as the known one's", () => {
  const reader = new IngestReader();
  const row = (strike: number) => ({ symbol: "EA", expiry: "2026-12-18", right: "C", strike });
  assert.deepEqual(occOf(reader, [row(21)]), ["EA261218C00021000"]);
  assert.deepEqual(occOf(reader, [row(210)]), ["EA261218C00210000"]);
  assert.deepEqual(occOf(reader, [row(21.5), row(21)]), ["EA261218C00021000", "EA261218C00021500"]);
});
