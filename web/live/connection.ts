/**
 * One page's line to `/api/live`. It holds no queue: of each subscription it knows only up to which
 * position the page was told, so that a reader that is slow is told the newest when it has read.
 */
import type { IsoDate, Ticker } from "../../options/contract.ts";
import { type ClientMessage, clientMessage, type ServerMessage } from "../../options/wire/live.ts";
import type { ChainMessages } from "./messages.ts";

/** What a connection needs of a WebSocket. */
export type LiveSocket = Pick<WebSocket, "send" | "close" | "bufferedAmount" | "readyState">;

/** While a reader has so many bytes to read, it is told nothing more. */
export const FULL_BYTES = 256 * 1024;

/** Tickers one page may subscribe to. */
export const MAX_SUBSCRIPTIONS = 64;

/** The longest message a page may send. */
const MAX_MESSAGE_CHARS = 1_024;

/** The text of each row of the list of tickers. */
export type ListRows = ReadonlyMap<Ticker, string>;

interface Subscription {
  readonly expiry: IsoDate | null;
  /** Up to where the page was told; `null` before it was told anything. */
  toldSeq: number | null;
  /** It is to be told even where nothing is new: it has just asked, or time has passed. */
  owed: boolean;
}

/** The state of one line. */
export class Connection {
  readonly #socket: LiveSocket;
  readonly #subscriptions = new Map<Ticker, Subscription>();
  /** The rows of the list of tickers that the page has; `undefined` where it has none yet. */
  #rows: ListRows | undefined;
  #listed = false;

  constructor(socket: LiveSocket) {
    this.#socket = socket;
  }

  /** The tickers the page subscribed to. */
  get tickers(): Iterable<Ticker> {
    return this.#subscriptions.keys();
  }

  /** Whether the page shows the list of tickers. */
  get wantsList(): boolean {
    return this.#listed;
  }

  /** Whether the reader has yet to read what it was sent; then nothing more is sent. */
  get isFull(): boolean {
    return this.#socket.bufferedAmount > FULL_BYTES;
  }

  /** Whether the page subscribed to a ticker. */
  has(ticker: Ticker): boolean {
    return this.#subscriptions.has(ticker);
  }

  /** Reads what a page said; what it did not say well is answered with a problem. */
  read(data: unknown): ClientMessage | undefined {
    const parsed = clientMessage.safeParse(jsonOf(data));
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    const path = issue?.path.join(".") ?? "";
    this.problem(`The message was not understood: ${path ? `${path}: ` : ""}${issue?.message}.`);
    return undefined;
  }

  /** Subscribes to a ticker; `false` where the page has too many. */
  subscribe(ticker: Ticker, expiry: IsoDate | null, sinceSeq: number | null): boolean {
    if (!this.has(ticker) && this.#subscriptions.size >= MAX_SUBSCRIPTIONS) {
      this.problem(`At most ${MAX_SUBSCRIPTIONS} tickers can be watched on one line.`, ticker);
      return false;
    }
    this.#subscriptions.set(ticker, { expiry, toldSeq: sinceSeq, owed: true });
    return true;
  }

  /** Forgets a ticker. */
  unsubscribe(ticker: Ticker): void {
    this.#subscriptions.delete(ticker);
  }

  /** Begins the list of tickers, whole. */
  subscribeList(): void {
    this.#listed = true;
    this.#rows = undefined;
  }

  /** Has the page told at the next occasion, even where nothing is new. */
  owe(): void {
    for (const subscription of this.#subscriptions.values()) subscription.owed = true;
  }

  /** Tells the page what it lacks of a ticker; `false` where it is full, and must be told later. */
  tell(ticker: Ticker, messages: ChainMessages): boolean {
    const subscription = this.#subscriptions.get(ticker);
    if (!subscription || (subscription.toldSeq === messages.seq && !subscription.owed)) return true;
    if (this.isFull) return false;
    this.#send(messages.text(subscription.expiry, subscription.toldSeq));
    subscription.toldSeq = messages.seq;
    subscription.owed = false;
    return true;
  }

  /** Tells the page the rows that are other than those it has; `false` where it is full. */
  tellList(rows: ListRows): boolean {
    if (!this.#listed) return true;
    if (this.isFull) return false;
    const before = this.#rows;
    const whole = !before || [...before.keys()].some((ticker) => !rows.has(ticker));
    const told = [...rows].filter(([ticker, text]) => whole || before.get(ticker) !== text);
    this.#rows = rows;
    if (!whole && told.length === 0) return true;
    // The rows are texts already, one for all pages: this is `TickersMessage`.
    const texts = told.map(([, text]) => text).join(",");
    this.#send(`{"type":"tickers","whole":${whole},"rows":[${texts}]}`);
    return true;
  }

  /** Tells the domain time, and that the line lives. */
  heartbeat(text: string): void {
    if (!this.isFull) this.#send(text);
  }

  /** Says what could not be done. */
  problem(error: string, ticker: string | null = null): void {
    if (this.isFull) return;
    this.#send(JSON.stringify({ type: "problem", error, ticker } satisfies ServerMessage));
  }

  /** Ends the line: 1001, the server goes away (RFC 6455, section 7.4.1). */
  close(): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.close(1001, "The server ends.");
  }

  #send(text: string): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(text);
  }
}

function jsonOf(data: unknown): unknown {
  if (typeof data !== "string" || data.length > MAX_MESSAGE_CHARS) return undefined;
  try {
    return JSON.parse(data);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
