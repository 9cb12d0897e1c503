/**
 * A tiny TWS client that shows messages as they are: lists of text fields. Unlike a real client it
 * can cut what it sends anywhere.
 */
import { encodeFields, type Field } from "../wire/fields.ts";
import { ByteQueue, frame, takeFrame } from "../wire/framing.ts";

/** A message: its fields, the id first. */
export type Message = readonly string[];

/** How a client connects. */
export interface RawClientOptions {
  readonly versions?: string;
  readonly clientId?: number;
  /** Sends its bytes in pieces of this size. */
  readonly pieceBytes?: number;
}

/** A connected client. Every message that arrives is kept until a test has looked for it. */
export class RawClient {
  readonly received: Message[] = [];
  readonly ended: Promise<void>;
  readonly #conn: Deno.TcpConn;
  readonly #pieceBytes: number;
  #wake = Promise.withResolvers<void>();
  #over = false;

  private constructor(conn: Deno.TcpConn, pieceBytes: number) {
    this.#conn = conn;
    this.#pieceBytes = pieceBytes;
    this.ended = this.#read();
  }

  /** Opens the socket and sends nothing. */
  static async open(port: number, pieceBytes = Infinity): Promise<RawClient> {
    return new RawClient(await Deno.connect({ hostname: "127.0.0.1", port }), pieceBytes);
  }

  /** Opens the socket and sends handshake and startApi. */
  static async connect(port: number, options: RawClientOptions = {}): Promise<RawClient> {
    const client = await RawClient.open(port, options.pieceBytes);
    await client.write(handshake(options.versions ?? "v100..193"));
    await client.next((message) => message.length === 2);
    await client.send(71, 2, options.clientId ?? 1, "");
    return client;
  }

  /** Sends one message. */
  send(...fields: readonly Field[]): Promise<void> {
    return this.write(frame(encodeFields(...fields)));
  }

  /** Sends bytes, in pieces where the client was made so. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      at += await this.#conn.write(bytes.subarray(at, at + this.#pieceBytes));
    }
  }

  /** The first message not taken yet that fits; waits for it. Fails when the connection ends first. */
  async next(fits: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const index = this.received.findIndex(fits);
      const [found] = index < 0 ? [] : this.received.splice(index, 1);
      if (found) return found;
      if (this.#over) throw new Error(`ended; received ${JSON.stringify(this.received)}`);
      await this.#wake.promise;
    }
  }

  /** All messages until (and without) the one that fits. */
  async until(fits: (message: Message) => boolean): Promise<readonly Message[]> {
    for (;;) {
      const index = this.received.findIndex(fits);
      if (index >= 0) return this.received.splice(0, index + 1).slice(0, -1);
      if (this.#over) throw new Error(`ended; received ${JSON.stringify(this.received)}`);
      await this.#wake.promise;
    }
  }

  /** The next error about a request: code and text. */
  async nextError(reqId: number): Promise<readonly [code: number, text: string]> {
    const found = await this.next((it) => it[0] === "4" && it[2] === String(reqId));
    return [Number(found[3]), found[4] ?? ""];
  }

  /** Resolves when everything sent so far has been answered. */
  async settle(): Promise<void> {
    await this.send(49, 1);
    await this.next((message) => message[0] === "49");
  }

  async close(): Promise<void> {
    if (!this.#over) this.#conn.close();
    await this.ended;
  }

  async #read(): Promise<void> {
    const queue = new ByteQueue();
    const buffer = new Uint8Array(1 << 16);
    try {
      for (;;) {
        const count = await this.#conn.read(buffer);
        if (count === null) {
          this.#conn.close();
          break;
        }
        queue.push(buffer.subarray(0, count));
        for (let body = takeFrame(queue); body; body = takeFrame(queue)) {
          this.received.push(new TextDecoder().decode(body).split("\0").slice(0, -1));
        }
        this.#signal();
      }
    } catch {
      // Closed here, or reset by the gateway: the end either way.
    }
    this.#over = true;
    this.#signal();
  }

  #signal(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers<void>();
  }
}

/** The bytes of a handshake: `API\0`, then the versions in a frame without a NUL. */
export function handshake(versions: string): Uint8Array {
  return new Uint8Array([...new TextEncoder().encode("API\0"), ...frame(versions)]);
}
