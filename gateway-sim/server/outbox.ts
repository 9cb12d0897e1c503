/**
 * What a connection has to send. Everything that is added within one turn of the event loop leaves
 * in one write; while a write is under way more gathers. A slow reader is told of by `congested`,
 * so that ticks can be dropped for newer ones and requests left unread.
 */

/** Above this many waiting bytes no more is produced for this client until it has read. */
const CONGESTED_BYTES = 1 << 20;
const FIRST_CAPACITY = 1 << 14;
/** A UTF-16 unit takes at most three bytes in UTF-8. */
const MOST_BYTES_PER_UNIT = 3;
const LENGTH_BYTES = 4;

/** The socket's sending half. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<number>;
}

const encoder = new TextEncoder();

/** Gathers frames and writes them. */
export class Outbox {
  #buffer = new Uint8Array(FIRST_CAPACITY);
  #used = 0;
  /** Bytes handed to the socket and not taken by it yet. */
  #leaving = 0;
  #writing = false;
  #congested = false;
  #failed = false;
  #idle = Promise.withResolvers<void>();
  readonly #sink: ByteSink;
  readonly #onDrain: () => void;
  readonly #onFailure: (error: unknown) => void;

  constructor(sink: ByteSink, events: {
    /** Called when a congested client has taken all that waited. */
    readonly onDrain: () => void;
    /** Called once when the socket takes no more; everything after is dropped. */
    readonly onFailure: (error: unknown) => void;
  }) {
    this.#sink = sink;
    this.#onDrain = events.onDrain;
    this.#onFailure = events.onFailure;
    this.#idle.resolve();
  }

  /** Whether so much waits, or did and has not all left yet, that nothing more should be produced. */
  get congested(): boolean {
    return this.#congested;
  }

  /** Adds one frame around `body`. */
  send(body: string): void {
    if (this.#failed) return;
    this.#makeRoom(LENGTH_BYTES + body.length * MOST_BYTES_PER_UNIT);
    const { written } = encoder.encodeInto(body, this.#buffer.subarray(this.#used + LENGTH_BYTES));
    new DataView(this.#buffer.buffer).setUint32(this.#used, written);
    this.#used += LENGTH_BYTES + written;
    this.#congested ||= this.#leaving + this.#used > CONGESTED_BYTES;
    if (!this.#writing) this.#start();
  }

  /** Resolves when nothing waits; at once after a failure. */
  whenIdle(): Promise<void> {
    return this.#idle.promise;
  }

  #start(): void {
    this.#writing = true;
    this.#idle = Promise.withResolvers<void>();
    // After the callback that is running now, so that its messages leave together.
    queueMicrotask(() => void this.#writeAll());
  }

  async #writeAll(): Promise<void> {
    try {
      while (this.#used > 0) {
        const bytes = this.#buffer.subarray(0, this.#used);
        this.#buffer = new Uint8Array(FIRST_CAPACITY);
        this.#used = 0;
        this.#leaving = bytes.length;
        while (this.#leaving > 0) {
          this.#leaving -= await this.#sink.write(bytes.subarray(bytes.length - this.#leaving));
        }
        if (this.#congested && this.#used === 0) {
          this.#congested = false;
          this.#onDrain();
        }
      }
    } catch (error) {
      this.#failed = true;
      this.#leaving = this.#used = 0;
      this.#onFailure(error);
    }
    this.#writing = false;
    this.#idle.resolve();
  }

  #makeRoom(count: number): void {
    const needed = this.#used + count;
    if (needed <= this.#buffer.length) return;
    let capacity = this.#buffer.length;
    while (capacity < needed) capacity *= 2;
    const next = new Uint8Array(capacity);
    next.set(this.#buffer.subarray(0, this.#used));
    this.#buffer = next;
  }
}
