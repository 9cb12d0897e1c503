import { strict as assert } from "node:assert";
import { agrees, type Reading, same } from "./ingest_agreement.ts";
import { IngestReader } from "./ingest_reader.ts";
import { bodyText, randomOf } from "./ingest_texts.ts";

/** Another one makes up other bodies. */
const SEED = Number(Deno.env.get("FC_SEED") ?? 0) * 1_000_000;

Deno.test("IngestReader reads 100,000 good, bad and odd bodies just as the schema does", () => {
  const reader = new IngestReader();
  const counts: Record<Reading, number> = { quick: 0, "exact only": 0, refused: 0 };
  for (let seed = SEED + 1; seed <= SEED + 100_000; seed++) {
    const bytes = bodyText(randomOf(seed));
    const first = reader.read(bytes);
    // What is not read quickly is read exactly: there is nothing to compare, only to count.
    if (!first && seed % 16 !== 0) continue;
    const reading = agrees(reader, bytes, `seed ${seed}`);
    counts[reading] += reading === "quick" ? 1 : 16;
    // Its set was not known the first time.
    const again = reader.read(bytes);
    if (first && again) same(first, again, () => `seed ${seed}, once more`);
    assert.equal(again === undefined, first === undefined, `seed ${seed}, once more`);
  }
  // The bodies are of every sort, and most of what is taken is read quickly.
  assert.ok(counts.quick > 30_000 && counts.refused > 20_000, JSON.stringify(counts));
  assert.ok(counts["exact only"] < counts.quick / 4, JSON.stringify(counts));
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
