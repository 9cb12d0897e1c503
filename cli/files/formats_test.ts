import { strict as assert } from "node:assert";
import { join } from "node:path";
import fc from "fast-check";
import { identityOf } from "../../db/import.ts";
import type { HistoryBatch, HistoryItem } from "../../options/formats/history.ts";
import { csvWriter, isHistoryCsv, readCsv } from "./csv.ts";
import type { HistoryWriter, Sink } from "./history_file.ts";
import { isParquet, parquetWriter, readParquet } from "./parquet.ts";
import { anyBatch } from "./test/batches.ts";
import { withFolder } from "./test/folder.ts";

async function written(
  make: (sink: Sink) => HistoryWriter,
  batches: readonly HistoryBatch[],
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const writer = make((bytes) => {
    parts.push(bytes.slice());
    return Promise.resolve();
  });
  for (const batch of batches) await writer.write(batch);
  await writer.end();
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** A stream of pieces of so many bytes. */
function inPieces(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  return ReadableStream.from((function* () {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  })());
}

const readText = (text: string): Promise<HistoryItem[]> =>
  Array.fromAsync(readCsv("x.csv", inPieces(new TextEncoder().encode(text), 7)));

function batchesOf(items: readonly HistoryItem[]): HistoryBatch[] {
  return items.map((item) => item.kind === "batch" ? item.batch : assert.fail(item.problems[0]));
}

/** All that a batch says: what tells it apart, and what its database said of it. */
const said = (batch: HistoryBatch): unknown => [
  identityOf(batch),
  batch.ticker,
  batch.seq,
  batch.receivedAtMs,
  batch.late,
  batch.traceId,
];

/** Neighbours of the same head would be one batch: seq tells them apart. */
const anyBatches = fc.array(anyBatch, { maxLength: 4 }).map((batches) =>
  batches.map((batch, i) => ({ ...batch, seq: batch.seq + i }))
);

Deno.test("what is written as CSV is read back, in pieces of any size", async () => {
  await fc.assert(
    fc.asyncProperty(anyBatches, fc.integer({ min: 1, max: 200 }), async (batches, size) => {
      const bytes = await written(csvWriter, batches);
      assert.ok(isHistoryCsv(new TextDecoder().decode(bytes)));
      const read = batchesOf(await Array.fromAsync(readCsv("x.csv", inPieces(bytes, size))));
      assert.deepEqual(read.map(said), batches.map(said));
    }),
    { numRuns: 200 },
  );
});

Deno.test("what is written as Parquet is read back", async () => {
  await withFolder(async (folder) => {
    const file = join(folder, "x.parquet");
    await fc.assert(
      fc.asyncProperty(anyBatches, async (batches) => {
        const bytes = await written(parquetWriter, batches);
        assert.ok(isParquet(bytes));
        await Deno.writeFile(file, bytes);
        const read = batchesOf(await Array.fromAsync(readParquet(file)));
        assert.deepEqual(read.map(said), batches.map(said));
      }),
      { numRuns: 100 },
    );
  });
});

const HEAD = "ticker,as_of,occ,bid,ask,volume";
const ROW = "EA,2026-07-08T14:30:00Z,EA261218C00210000";

Deno.test("a CSV file may have other ends of lines, columns in any order and a mark before it", async () => {
  const text =
    `\uFEFFocc,"bid",as_of,ticker,mine\nEA261218C00210000,1.05,2026-07-08T10:30:00-04:00,ea,?\n`;
  const byPostgres = text.replace("2026-07-08T10:30:00-04:00", "2026-07-08 10:30:00.000-04");
  for (const variant of [text, text.replaceAll("\n", "\r\n"), text.trimEnd(), byPostgres]) {
    const [batch] = batchesOf(await readText(variant));
    assert.equal(batch?.ticker, "EA");
    assert.equal(batch.asOfMs, Date.UTC(2026, 6, 8, 14, 30));
    assert.deepEqual([batch.receivedAtMs, batch.mode, batch.agentId, batch.late], [
      batch.asOfMs,
      "snapshot",
      "import",
      false,
    ]);
    assert.deepEqual(batch.columns.fields.bid, Int32Array.of(10_500));
  }
});

Deno.test("a wrong row is named by its line, and its whole batch is refused; others are not", async () => {
  const lines = [
    HEAD,
    `${ROW.replace("30:00", "29:00")},1.05,1.1,"3\n"`,
    `${ROW},abc,-1,1.5`,
    "",
    `${ROW.replace("30:00", "31:00")},1.05,1.1,3`,
    `${ROW.replace("30:00", "32:00")},1.05,1.1`,
    `${ROW.replace("30:00", "33:00")},1.05,1.1,3`,
    `${ROW.replace("30:00", "33:00")},1.05,1.1,3`,
    `EA,2026-07-08T14:30:00,EA261218C00210000,1,1,1`,
    `no such,2026-07-08T14:30:00Z,EA26,300000,1,1`,
  ];
  const items = await readText(lines.join("\n"));
  const problems = items.flatMap((item) => item.kind === "refused" ? item.problems : []);
  assert.deepEqual(problems, [
    'x.csv, line 4: bid is "abc", expected a number',
    "x.csv, line 7: has 5 cells, expected 6 as in line 1",
    "x.csv, line 9: EA261218C00210000 is listed twice in its batch",
    'x.csv, line 10: as_of is "2026-07-08T14:30:00", expected an ISO 8601 time with its zone',
    'x.csv, line 11: ticker is "no such", expected one such as EA or BRK-B',
    'x.csv, line 11: occ is "EA26", expected one such as EA261218C00210000',
  ]);
  const taken = items.flatMap((item) => item.kind === "batch" ? [item.batch.asOfMs] : []);
  assert.deepEqual(taken, [Date.UTC(2026, 6, 8, 14, 29)]);
  assert.equal(items.reduce((rows, one) => rows + (one.kind === "refused" ? one.rows : 0), 0), 7);
});

for (
  const [name, text, message] of [
    ["another table", "a,b\n1,2\n", "x.csv, line 1: has no column ticker and no column as_of"],
    [
      "a quote that is not closed",
      `${HEAD}\n${ROW},1,1,"3\n`,
      "x.csv, line 2: Quoted field unterminated.",
    ],
  ] as const
) {
  Deno.test(`a CSV file is refused whole: ${name}`, async () => {
    await assert.rejects(readText(text), (error: Error) => error.message.startsWith(message));
  });
}

Deno.test("a file that is no whole Parquet is refused in one sentence", async () => {
  await withFolder(async (folder) => {
    const file = join(folder, "x.parquet");
    const [batch] = fc.sample(anyBatch, 1);
    const whole = await written(parquetWriter, batch ? [batch] : []);
    await Deno.writeFile(file, whole.slice(0, whole.length - 100));
    await assert.rejects(Array.fromAsync(readParquet(file)), /cannot be read as Parquet \(/);
  });
});
