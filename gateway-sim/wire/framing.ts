/**
 * Frames of the TWS API: a 32-bit big-endian length, then that many bytes. TCP may cut and join
 * them anywhere, so the decoder keeps what is incomplete.
 */

/** The longest frame that clients accept (ibapi and @stoqey/ib: `MAX_MSG_LEN = 0xFFFFFF`). */
export const MAX_FRAME_BYTES = 0xffffff;

const LENGTH_BYTES = 4;
const FIRST_CAPACITY = 4096;

/** A frame that announces more bytes than the protocol allows: the stream cannot be trusted further. */
export class FrameTooLong extends Error {
  constructor(readonly announcedBytes: number) {
    super(`A frame announces ${announcedBytes} bytes; allowed are at most ${MAX_FRAME_BYTES}.`);
  }
}

/** Bytes that arrive in pieces and are taken from the front. */
export class ByteQueue {
  #buffer = new Uint8Array(FIRST_CAPACITY);
  #start = 0;
  #end = 0;

  /** How many bytes wait. */
  get length(): number {
    return this.#end - this.#start;
  }

  push(bytes: Uint8Array): void {
    if (this.#end + bytes.length > this.#buffer.length) this.#makeRoom(bytes.length);
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** The byte at `offset` from the front; 0 beyond the end. */
  at(offset: number): number {
    return offset < this.length ? this.#buffer[this.#start + offset] ?? 0 : 0;
  }

  /** The 32-bit big-endian number at `offset`. The caller has checked that its bytes are there. */
  uint32At(offset: number): number {
    return (this.at(offset) * 0x1000000) + (this.at(offset + 1) << 16) +
      (this.at(offset + 2) << 8) + this.at(offset + 3);
  }

  /** Takes `count` bytes after dropping `skip` from the front, as a copy. */
  take(skip: number, count: number): Uint8Array {
    const from = this.#start + skip;
    const taken = this.#buffer.slice(from, from + count);
    this.#start = from + count;
    if (this.#start === this.#end) this.#start = this.#end = 0;
    return taken;
  }

  #makeRoom(count: number): void {
    const waiting = this.#buffer.subarray(this.#start, this.#end);
    let capacity = this.#buffer.length;
    while (capacity < waiting.length + count) capacity *= 2;
    const next = capacity === this.#buffer.length ? this.#buffer : new Uint8Array(capacity);
    // `set` copies as if through a temporary where both ranges share memory.
    next.set(waiting);
    this.#end = waiting.length;
    this.#start = 0;
    this.#buffer = next;
  }
}

/**
 * Takes the next whole frame's body off the queue; `undefined` while it is incomplete.
 *
 * @throws {FrameTooLong} when the announced length is not allowed.
 */
export function takeFrame(queue: ByteQueue): Uint8Array | undefined {
  if (queue.length < LENGTH_BYTES) return undefined;
  const bodyBytes = queue.uint32At(0);
  if (bodyBytes > MAX_FRAME_BYTES) throw new FrameTooLong(bodyBytes);
  if (queue.length < LENGTH_BYTES + bodyBytes) return undefined;
  return queue.take(LENGTH_BYTES, bodyBytes);
}

const encoder = new TextEncoder();

/**
 * One frame around a body.
 *
 * @example
 * ```ts
 * import { frame } from "./framing.ts";
 * console.assert(frame("9\0").join() === "0,0,0,2,57,0");
 * ```
 */
export function frame(body: string): Uint8Array {
  const bytes = encoder.encode(body);
  const framed = new Uint8Array(LENGTH_BYTES + bytes.length);
  new DataView(framed.buffer).setUint32(0, bytes.length);
  framed.set(bytes, LENGTH_BYTES);
  return framed;
}
