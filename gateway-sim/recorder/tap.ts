/**
 * Listens to the bytes of one connection on their way and says what frames they are, without
 * accounts and users. It holds at most one incomplete frame of each direction.
 */
import { ByteQueue, FrameTooLong, takeFrame } from "../wire/framing.ts";
import type { Identities, Side } from "./identities.ts";
import { FIRST_BINARY_VERSION } from "./messages.ts";
import { formatLine, type RecordedBody, recordedBody, type RecordLine } from "./record.ts";

/** What every client sends first, before its first frame. */
const PREFIX = "API\0";

/** What a line says besides its time and its connection. */
type Said = RecordLine extends infer Line
  ? Line extends RecordLine ? Omit<Line, "atMs" | "connection"> : never
  : never;

/** One direction's bytes that are no frame yet. */
interface Direction {
  readonly queue: ByteQueue;
  stage: "prefix" | "handshake" | "frames" | "unreadable";
}

/** Makes the lines of one connection. */
export class Tap {
  readonly #number: number;
  readonly #identities: Identities;
  readonly #atMs: () => number;
  readonly #directions: Readonly<Record<Side, Direction>> = {
    client: { queue: new ByteQueue(), stage: "prefix" },
    gateway: { queue: new ByteQueue(), stage: "handshake" },
  };
  #serverVersion: number | null = null;

  constructor(options: {
    readonly connection: number;
    readonly identities: Identities;
    /** Milliseconds since the start of the record. */
    readonly atMs: () => number;
  }) {
    this.#number = options.connection;
    this.#identities = options.identities;
    this.#atMs = options.atMs;
  }

  opened(): string {
    return this.#line({ event: "opened" });
  }

  /** One side sends no more. */
  ended(from: Side): string {
    return this.#unfinished(from) + this.#line({ from, event: "ended" });
  }

  /** One side was lost. */
  failed(from: Side, reason: string): string {
    return this.#line({ from, event: "failed", reason });
  }

  /** The lines of the frames that these bytes complete. */
  bytes(from: Side, bytes: Uint8Array): string {
    const direction = this.#directions[from];
    if (direction.stage === "unreadable") return "";
    direction.queue.push(bytes);
    let lines = "";
    try {
      if (direction.stage === "prefix" && !takePrefix(direction)) return "";
      for (let body = takeFrame(direction.queue); body; body = takeFrame(direction.queue)) {
        lines += this.#frame(from, direction, body);
      }
    } catch (error) {
      if (!(error instanceof FrameTooLong) && !(error instanceof NoTwsApi)) throw error;
      direction.stage = "unreadable";
      direction.queue.take(direction.queue.length, 0);
      lines += this.failed(from, `not recorded from here on: ${error.message}`);
    }
    return lines;
  }

  #frame(from: Side, direction: Direction, body: Uint8Array): string {
    const removed = this.#identities.remove(body, { from, serverVersion: this.#serverVersion });
    if (direction.stage !== "handshake") return this.#line({ from, ...this.#body(removed) });
    direction.stage = "frames";
    if (from === "client") {
      return this.#line({ from, handshake: new TextDecoder().decode(removed) });
    }
    const recorded = recordedBody(removed);
    this.#serverVersion = versionOf(recorded);
    return this.#line({ from, ...mutable(recorded) });
  }

  /** The fields of a binary message are only a part of it. */
  #body(body: Uint8Array): { fields: string[] } | { base64: string } {
    const binary = (this.#serverVersion ?? 0) >= FIRST_BINARY_VERSION;
    return binary ? { base64: body.toBase64() } : mutable(recordedBody(body));
  }

  #unfinished(from: Side): string {
    const { queue, stage } = this.#directions[from];
    if (stage === "unreadable" || queue.length === 0) return "";
    return this.failed(from, `ended ${queue.length} bytes into a message`);
  }

  #line(said: Said): string {
    const atMs = Math.round(this.#atMs() * 1_000) / 1_000;
    return formatLine({ atMs, connection: this.#number, ...said });
  }
}

/** A client that speaks something else. */
class NoTwsApi extends Error {
  constructor() {
    super("the client does not begin with 'API'");
  }
}

/** Takes the prefix off when it is whole. */
function takePrefix(direction: Direction): boolean {
  const { queue } = direction;
  for (let index = 0; index < Math.min(PREFIX.length, queue.length); index++) {
    if (queue.at(index) !== PREFIX.charCodeAt(index)) throw new NoTwsApi();
  }
  if (queue.length < PREFIX.length) return false;
  queue.take(0, PREFIX.length);
  direction.stage = "handshake";
  return true;
}

function versionOf(handshake: RecordedBody): number | null {
  const version = "fields" in handshake ? Number(handshake.fields[0]) : NaN;
  return Number.isInteger(version) ? version : null;
}

function mutable(body: RecordedBody): { fields: string[] } | { base64: string } {
  return "fields" in body ? { fields: [...body.fields] } : body;
}
