import { strict as assert } from "node:assert";
import { gunzipSync } from "node:zlib";
import { parseIngest } from "../../options/wire/ingest.ts";
import { benchTickers, readsOf } from "./chains.ts";
import { type BodyForm, PoolWriter, readPool, renew } from "./pool.ts";

const SENDER = { agentId: "bench", key: "lm_agent_x" };
const NOW_MS = Date.UTC(2026, 6, 15, 17);

/** The requests of two reads of one ticker, as text, renewed with the key `run-7`. */
async function renewed(form: BodyForm): Promise<{ head: string; body: unknown }[]> {
  const path = await Deno.makeTempFile();
  try {
    const writer = new PoolWriter(path);
    for (const ticker of benchTickers(1)) {
      const chains = readsOf(ticker, { contracts: 400, reads: 2, nowMs: NOW_MS });
      for (const chain of chains) writer.add(chain, form, SENDER);
    }
    writer.close();
    const pool = await readPool(path);
    return pool.requests.map((request) => {
      const bytes = pool.bytes.subarray(request.start, request.end);
      renew(bytes, request, "run-7");
      const text = new TextDecoder("latin1").decode(bytes);
      const at = text.indexOf("\r\n\r\n") + 4;
      const body = bytes.subarray(at);
      const plain = form === "gzip" ? gunzipSync(body) : body;
      return { head: text.slice(0, at), body: JSON.parse(new TextDecoder().decode(plain)) };
    });
  } finally {
    await Deno.remove(path);
    await Deno.remove(`${path}.json`);
  }
}

for (const form of ["rows", "columns", "gzip"] as const) {
  Deno.test(`a renewed request (${form}) is a whole one of now, with the given key`, async () => {
    for (const { head, body } of await renewed(form)) {
      assert.match(head, /^Idempotency-Key: run-7-+\r$/m);
      const read = parseIngest(body);
      assert.ok(read.ok);
      assert.equal(read.batch.quotes.length, 400);
      assert.ok(Math.abs(read.batch.agentTimeMs - Date.now()) < 60_000);
    }
  });
}

Deno.test("rows and columns say the same, and no two reads do", async () => {
  const quotesOf = async (form: BodyForm) =>
    (await renewed(form)).map(({ body }) => {
      const read = parseIngest(body);
      return read.ok ? read.batch.quotes.toSorted((a, b) => a.occ < b.occ ? -1 : 1) : [];
    });
  const [rows, columns] = [await quotesOf("rows"), await quotesOf("columns")];
  assert.deepEqual(rows, columns);
  assert.notDeepEqual(rows[0], rows[1]);
});
