import { strict as assert } from "node:assert";
import { gzipSync } from "node:zlib";
import { manualClock, systemClock } from "../../base/clock.ts";
import { BODY_DEADLINE_MS, MAX_BODY_BYTES, readJsonBody } from "./body.ts";

const gzip = { "content-encoding": "gzip" };

/** `gzipSync()` in bytes of the kind that a body takes. */
function gzipped(data: string | Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(gzipSync(data));
}

function source(body: BodyInit | null, headers: Record<string, string> = {}) {
  const all = new Headers({ "content-type": "application/json", ...headers });
  return { headers: all, body: new Response(body).body };
}

/** A JSON text of exactly so many bytes. */
function jsonOf(bytes: number): Uint8Array<ArrayBuffer> {
  const text = new Uint8Array(bytes).fill(0x20);
  text[0] = 0x31;
  return text;
}

Deno.test("readJsonBody() reads plain and gzipped JSON alike", async () => {
  const text = JSON.stringify({ ticker: "EA" });
  for (
    const from of [
      source(text),
      source(gzipped(text), gzip),
      source(gzipped(text), {
        "content-encoding": "x-gzip",
      }),
      source(text, { "content-type": "application/json; charset=utf-8" }),
    ]
  ) {
    const read = await readJsonBody(from, systemClock());
    assert.deepEqual(read, { ok: true, value: { ticker: "EA" } });
  }
});

Deno.test("readJsonBody() takes a body of exactly the limit, plain and gzipped", async () => {
  const body = jsonOf(MAX_BODY_BYTES);
  for (const from of [source(body), source(gzipped(body), gzip)]) {
    const read = await readJsonBody(from, systemClock());
    assert.equal(read.ok && read.value, 1);
  }
});

const refusals: [string, () => ReturnType<typeof source>, number, RegExp][] = [
  ["another media type", () => source("{}", { "content-type": "text/plain" }), 415, /text\/plain/],
  ["another encoding", () => source("{}", { "content-encoding": "br" }), 415, /br/],
  ["two encodings", () => source("{}", { "content-encoding": "gzip, gzip" }), 415, /gzip, gzip/],
  ["a byte too many", () => source(jsonOf(MAX_BODY_BYTES + 1)), 413, /16 MiB/],
  [
    "a byte too many once inflated",
    () => source(gzipped(jsonOf(MAX_BODY_BYTES + 1)), gzip),
    413,
    /inflated/,
  ],
  [
    "a declared length over the limit, unread",
    () => source("{}", { "content-length": String(MAX_BODY_BYTES + 1) }),
    413,
    /16 MiB/,
  ],
  ["plain text called gzip", () => source("{}", gzip), 400, /gzip/],
  ["gzip cut short", () => source(gzipped("{}").subarray(0, 15), gzip), 400, /gzip/],
  ["no body", () => source(null), 400, /JSON/],
  ["half a JSON text", () => source('{"ticker":'), 400, /JSON/],
  ["NaN", () => source('{"spotPrice":NaN}'), 400, /JSON/],
  ["bytes that are no UTF-8", () => source(new Uint8Array([0x22, 0xff, 0x22])), 400, /UTF-8/],
];
for (const [what, from, status, detail] of refusals) {
  Deno.test(`readJsonBody() refuses ${what} with ${status}`, async () => {
    const read = await readJsonBody(from(), systemClock());
    assert.ok(!read.ok);
    assert.equal(read.problem.status, status);
    assert.match(String(read.problem.detail), detail);
  });
}

Deno.test("readJsonBody() stops inflating a bomb at the limit", async () => {
  const bomb = gzipped(new Uint8Array(512 * 1024 * 1024));
  const before = Deno.memoryUsage().rss;
  const read = await readJsonBody(source(bomb, gzip), systemClock());
  assert.equal(!read.ok && read.problem.status, 413);
  const grownMiB = (Deno.memoryUsage().rss - before) / 1024 / 1024;
  assert.ok(grownMiB < 128, `inflating took ${grownMiB} MiB`);
});

Deno.test("readJsonBody() gives up on a caller that does not go on sending", async () => {
  const clock = manualClock();
  let cancelled = false;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (controller) => controller.enqueue(new TextEncoder().encode("{")),
    cancel: () => {
      cancelled = true;
    },
  });
  const read = readJsonBody({ headers: new Headers(), body }, clock);
  clock.advance(BODY_DEADLINE_MS);
  const outcome = await read;
  assert.equal(!outcome.ok && outcome.problem.status, 408);
  assert.ok(cancelled);
  assert.equal(clock.pending, 0);
});
