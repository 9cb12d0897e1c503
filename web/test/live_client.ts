/** A page's side of `/api/live`, for tests: subscribes, and applies what it is told as a page does. */
import { strict as assert } from "node:assert";
import type { ChainRow, ChainState } from "../../options/wire/chain.ts";
import {
  type ClientMessageText,
  type ServerMessage,
  serverMessage,
} from "../../options/wire/live.ts";
import type { RunningServer } from "../server.ts";

/** How long a test waits for what must come within a second. */
const PATIENCE_MS = 5_000;

/** An open line. */
export class LiveClient {
  readonly #socket: WebSocket;
  readonly #waiting = new Set<() => void>();
  readonly messages: ServerMessage[] = [];
  /** The chain as a page would have it, by symbol. */
  readonly rows = new Map<string, ChainRow>();
  state: ChainState | undefined;
  seq: number | undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = (event) => this.#take(serverMessage.parse(JSON.parse(event.data)));
  }

  /** Opens a line. */
  static async open(server: RunningServer): Promise<LiveClient> {
    const socket = new WebSocket(`${server.url.replace("http", "ws")}/api/live`);
    const client = new LiveClient(socket);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = () => reject(new Error("the line did not open"));
    });
    return client;
  }

  say(message: ClientMessageText): void {
    this.#socket.send(JSON.stringify(message));
  }

  /** Sends something that may be no message at all. */
  sayRaw(text: string): void {
    this.#socket.send(text);
  }

  /** Goes on from a chain that another line had. */
  resumeFrom(other: LiveClient): void {
    for (const [symbol, row] of other.rows) this.rows.set(symbol, row);
    this.seq = other.seq;
  }

  /** Waits until something holds, looking after each message. */
  async until(holds: () => boolean, what: string): Promise<void> {
    const deadline = AbortSignal.timeout(PATIENCE_MS);
    while (!holds()) {
      await new Promise<void>((resolve, reject) => {
        this.#waiting.add(resolve);
        deadline.addEventListener("abort", () => reject(new Error(`never came: ${what}`)));
      });
    }
  }

  /** Waits until the page is at a position. */
  async reaches(seq: number): Promise<void> {
    await this.until(() => (this.seq ?? -1) >= seq, `seq ${seq}, at ${this.seq}`);
  }

  /** The messages of one type. */
  of<T extends ServerMessage["type"]>(type: T): Extract<ServerMessage, { type: T }>[] {
    // The filter is what the type says.
    return this.messages.filter((message) => message.type === type) as Extract<
      ServerMessage,
      { type: T }
    >[];
  }

  /** The rows in a form that two lines can be compared by. */
  chain(): readonly unknown[] {
    return [...this.rows].sort(([a], [b]) => a < b ? -1 : 1);
  }

  async close(): Promise<void> {
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    const closed = new Promise((resolve) => this.#socket.onclose = resolve);
    this.#socket.close();
    await closed;
  }

  /** Resolves with the close code when the server ends the line. */
  closed(): Promise<number> {
    return new Promise((resolve) => this.#socket.onclose = (event) => resolve(event.code));
  }

  #take(message: ServerMessage): void {
    this.messages.push(message);
    if (message.type === "chain") {
      this.rows.clear();
      for (const row of message.chain.contracts) this.rows.set(row.symbol, row);
      this.state = message.chain;
      this.seq = message.chain.seq;
    } else if (message.type === "delta") {
      assert.ok(
        this.seq !== undefined && message.fromSeq <= this.seq,
        `a gap: at ${this.seq}, told from ${message.fromSeq}`,
      );
      for (const row of message.contracts) this.rows.set(row.symbol, row);
      this.state = message.state;
      this.seq = message.seq;
    }
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}
