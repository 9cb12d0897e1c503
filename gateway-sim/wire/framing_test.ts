import { strict as assert } from "node:assert";
import fc from "fast-check";
import { ByteQueue, frame, FrameTooLong, MAX_FRAME_BYTES, takeFrame } from "./framing.ts";

function feed(pieces: readonly Uint8Array[]): Uint8Array[] {
  const queue = new ByteQueue();
  const frames: Uint8Array[] = [];
  for (const piece of pieces) {
    queue.push(piece);
    for (let body = takeFrame(queue); body; body = takeFrame(queue)) frames.push(body);
  }
  return frames;
}

function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const size of sizes) {
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  pieces.push(bytes.subarray(at));
  return pieces;
}

Deno.test("takeFrame() gives the same frames however TCP cuts them", () => {
  fc.assert(fc.property(
    fc.array(fc.string({ maxLength: 9_000 }), { maxLength: 8 }),
    fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 40 }),
    (bodies, sizes) => {
      const bytes = new Uint8Array(bodies.flatMap((body) => [...frame(body)]));
      const frames = feed(cut(bytes, sizes)).map((body) => new TextDecoder().decode(body));
      const sent = bodies.map((body) => new TextDecoder().decode(new TextEncoder().encode(body)));
      assert.deepEqual(frames, sent);
    },
  ));
});

Deno.test("takeFrame() works with one byte at a time", () => {
  const bytes = new Uint8Array([...frame("71\0"), ...frame(""), ...frame("49\x001\0")]);
  const frames = feed([...bytes].map((byte) => new Uint8Array([byte])));
  assert.deepEqual(frames.map((body) => new TextDecoder().decode(body)), ["71\0", "", "49\x001\0"]);
});

Deno.test("takeFrame() takes a frame of the greatest length and refuses one byte more", () => {
  const queue = new ByteQueue();
  queue.push(new Uint8Array([0, 0xff, 0xff, 0xff]));
  queue.push(new Uint8Array(MAX_FRAME_BYTES));
  assert.equal(takeFrame(queue)?.length, MAX_FRAME_BYTES);
  queue.push(new Uint8Array([1, 0, 0, 0]));
  assert.throws(() => takeFrame(queue), FrameTooLong);
});

Deno.test("takeFrame() reads a length above 2^31 as a number, not as a negative one", () => {
  const queue = new ByteQueue();
  queue.push(new Uint8Array([0xff, 0xff, 0xff, 0xff]));
  assert.throws(
    () => takeFrame(queue),
    (error: FrameTooLong) => error.announcedBytes === 2 ** 32 - 1,
  );
});
