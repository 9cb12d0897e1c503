/**
 * All lines of `/api/live` on this server: what the hub hears goes to the pages that watch it. A
 * ticker is looked at once for all its pages, and every timer is shared by all lines.
 */
import type { Clock, Timer } from "../../base/clock.ts";
import type { Ticker } from "../../options/contract.ts";
import type { ClientMessage, ServerMessage } from "../../options/wire/live.ts";
import type { Log } from "../../telemetry/log.ts";
import type { KnownTicker } from "../services.ts";
import { rowOf } from "./answers.ts";
import type { ChainCache } from "./chains.ts";
import { Connection, type ListRows, type LiveSocket } from "./connection.ts";
import type { Days } from "./days.ts";
import type { Hub } from "./hub.ts";
import { ChainMessages } from "./messages.ts";

/** A page that hears nothing for some of these takes the line for dead. */
export const HEARTBEAT_EVERY_MS = 5_000;

/** So many heartbeats apart each page is told the state of what it shows, though nothing came. */
export const STATE_EVERY_BEATS = 12;

/** How often readers that were full are looked at again. */
const RETRY_EVERY_MS = 50;

/** What the feed works with. */
export interface LiveFeedParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly chains: Pick<ChainCache, "get" | "all" | "agentCounts">;
  readonly hub: Pick<Hub, "listen">;
  readonly days: Pick<Days, "of">;
}

/** A page's line in the feed. */
export interface Line {
  /** Takes what the page said. */
  hear(data: unknown): Promise<void>;
  /** Forgets the page. */
  leave(): void;
}

/** The lines of one server. */
export class LiveFeed {
  readonly #parts: LiveFeedParts;
  readonly #connections = new Set<Connection>();
  readonly #messages = new Map<Ticker, ChainMessages>();
  /** Tickers being looked at; `true` where there was news since the look began. */
  readonly #looking = new Map<Ticker, boolean>();
  /** The rows of the list while somebody watches it, and the tickers with news since. */
  #rows: ListRows | undefined;
  readonly #stale = new Set<Ticker>();
  #listing: boolean | undefined;
  /** What full readers are still to be told: tickers, and (null) the list. */
  readonly #behind = new Map<Connection, Set<Ticker | null>>();
  #retry: Timer | undefined;
  readonly #heartbeat: Timer;
  #beats = 0;
  readonly #unlisten: () => void;

  constructor(parts: LiveFeedParts) {
    this.#parts = parts;
    this.#heartbeat = parts.clock.every(HEARTBEAT_EVERY_MS, () => this.#beat());
    this.#unlisten = parts.hub.listen((ticker) => this.#news(ticker));
  }

  /** How many lines are open. */
  get size(): number {
    return this.#connections.size;
  }

  /** Takes a line that was upgraded. */
  open(socket: WebSocket): void {
    socket.onopen = () => {
      const line = this.join(socket);
      socket.onmessage = (event) => void line.hear(event.data);
      socket.onclose = () => line.leave();
      // A line that breaks is closed right after; a page that closes its tab is no failure.
      socket.onerror = () => line.leave();
    };
  }

  /** Takes a line that is open. */
  join(socket: LiveSocket): Line {
    const connection = new Connection(socket);
    this.#connections.add(connection);
    connection.heartbeat(this.#heartbeatText());
    return {
      hear: (data) => this.#hear(connection, data),
      leave: () => this.#drop(connection),
    };
  }

  /** Ends every line. */
  close(): void {
    this.#unlisten();
    this.#heartbeat.cancel();
    this.#retry?.cancel();
    for (const connection of this.#connections) connection.close();
    this.#connections.clear();
  }

  #drop(connection: Connection): void {
    this.#connections.delete(connection);
    this.#behind.delete(connection);
  }

  async #hear(connection: Connection, data: unknown): Promise<void> {
    const said = connection.read(data);
    if (!said) return;
    try {
      await this.#answer(connection, said);
    } catch (error) {
      this.#complain(error);
      const ticker = "ticker" in said ? said.ticker : null;
      connection.problem(
        "The server cannot read this just now; ask again in a few seconds.",
        ticker,
      );
    }
  }

  async #answer(connection: Connection, said: ClientMessage): Promise<void> {
    switch (said.type) {
      case "unsubscribe":
        return connection.unsubscribe(said.ticker);
      case "subscribe_tickers":
        connection.subscribeList();
        return this.#tellList(connection, await this.#listRows());
      case "subscribe": {
        const { ticker, expiry = null, sinceSeq = null } = said;
        if (!connection.subscribe(ticker, expiry, sinceSeq)) return;
        const messages = await this.#current(ticker, sinceSeq ?? 0);
        if (!messages) {
          connection.unsubscribe(ticker);
          return connection.problem(`${ticker} is neither a deal nor watched.`, ticker);
        }
        return this.#tell(connection, ticker, messages);
      }
    }
  }

  /** The messages of a ticker as new as can be; `undefined` where it is not followed. */
  async #current(ticker: Ticker, heardSeq = 0): Promise<ChainMessages | undefined> {
    const known = await this.#parts.chains.get(ticker, heardSeq);
    if (!known) {
      this.#messages.delete(ticker);
      return undefined;
    }
    const nowMs = this.#parts.clock.nowMs();
    const kept = this.#messages.get(ticker);
    // Two looks may end in another order than they began; a page never goes back.
    if (kept && (kept.seq > known.chain.seq || kept.isCurrent(known, nowMs))) return kept;
    const messages = new ChainMessages(known, nowMs);
    this.#messages.set(ticker, messages);
    return messages;
  }

  #news(ticker: Ticker): void {
    const watchers = [...this.#connections].filter((connection) => connection.has(ticker));
    if (watchers.length > 0) this.#look(ticker);
    else this.#messages.delete(ticker);
    this.#stale.add(ticker);
    if (this.#isListed) this.#list();
    else this.#rows = undefined;
  }

  /** Looks at a ticker and tells its pages; news that come meanwhile have it looked at again. */
  #look(ticker: Ticker): void {
    const again = this.#looking.has(ticker);
    this.#looking.set(ticker, again);
    if (again) return;
    this.#current(ticker).then((messages) => {
      for (const connection of this.#connections) {
        if (messages) this.#tell(connection, ticker, messages);
        else if (connection.has(ticker)) {
          connection.unsubscribe(ticker);
          connection.problem(`${ticker} is neither a deal nor watched any more.`, ticker);
        }
      }
    }).catch((error: unknown) => this.#complain(error)).finally(() => {
      const more = this.#looking.get(ticker) === true;
      this.#looking.delete(ticker);
      if (more) this.#look(ticker);
    });
  }

  #list(): void {
    const again = this.#listing !== undefined;
    this.#listing = again;
    if (again) return;
    this.#listRows().then((rows) => {
      for (const connection of this.#connections) this.#tellList(connection, rows);
    }).catch((error: unknown) => this.#complain(error)).finally(() => {
      const more = this.#listing === true;
      this.#listing = undefined;
      if (more) this.#list();
    });
  }

  /** The rows of the list; only those of tickers with news are written anew. */
  async #listRows(): Promise<ListRows> {
    const { chains } = this.#parts;
    if (!this.#rows) {
      this.#stale.clear();
      const all = await chains.all();
      const texts = all.map(async (known) => [known.ticker, await this.#rowText(known)] as const);
      this.#rows = new Map(await Promise.all(texts));
      return this.#rows;
    }
    const stale = [...this.#stale];
    this.#stale.clear();
    const fresh = await Promise.all(stale.map(async (ticker) => {
      const known = await chains.get(ticker);
      return known && await this.#rowText(known);
    })).catch((error) => {
      for (const ticker of stale) this.#stale.add(ticker);
      throw error;
    });
    // Forgotten meanwhile (a minute has passed): these rows alone would be the whole list.
    const before: ListRows | undefined = this.#rows;
    if (!before) return await this.#listRows();
    const rows = new Map(before);
    for (const [index, ticker] of stale.entries()) {
      const text = fresh[index];
      if (text === undefined) rows.delete(ticker);
      else rows.set(ticker, text);
    }
    // A ticker that is new stands where its name belongs.
    this.#rows = rows.size > before.size
      ? new Map([...rows].sort(([a], [b]) => a < b ? -1 : 1))
      : rows;
    return this.#rows;
  }

  async #rowText(known: KnownTicker): Promise<string> {
    const { clock, days } = this.#parts;
    return JSON.stringify(rowOf(known, clock.nowMs(), await days.of(known.ticker)));
  }

  #tell(connection: Connection, ticker: Ticker, messages: ChainMessages): void {
    if (!connection.tell(ticker, messages)) this.#later(connection, ticker);
  }

  #tellList(connection: Connection, rows: ListRows): void {
    if (!connection.tellList(rows)) this.#later(connection, null);
  }

  #later(connection: Connection, what: Ticker | null): void {
    if (!this.#connections.has(connection)) return; // it left while it was looked for
    const waiting = this.#behind.get(connection) ?? new Set();
    waiting.add(what);
    this.#behind.set(connection, waiting);
    this.#retry ??= this.#parts.clock.every(RETRY_EVERY_MS, () => this.#retryAll());
  }

  #retryAll(): void {
    for (const [connection, waiting] of this.#behind) {
      if (connection.isFull) continue;
      this.#behind.delete(connection);
      for (const what of waiting) what === null ? this.#list() : this.#look(what);
    }
    if (this.#behind.size > 0) return;
    this.#retry?.cancel();
    this.#retry = undefined;
  }

  get #isListed(): boolean {
    return [...this.#connections].some((connection) => connection.wantsList);
  }

  #beat(): void {
    if (this.#connections.size === 0) return;
    if (++this.#beats % STATE_EVERY_BEATS === 0) this.#tellState();
    const text = this.#heartbeatText();
    for (const connection of this.#connections) connection.heartbeat(text);
  }

  /** Freshness and the reason why nothing is newer change by themselves, as time passes. */
  #tellState(): void {
    const watched = new Set<Ticker>();
    for (const connection of this.#connections) {
      connection.owe();
      for (const ticker of connection.tickers) watched.add(ticker);
    }
    for (const ticker of watched) this.#look(ticker);
    this.#rows = undefined;
    if (this.#isListed) this.#list();
  }

  #heartbeatText(): string {
    const now = new Date(this.#parts.clock.nowMs()).toISOString();
    const agents = this.#parts.chains.agentCounts();
    return JSON.stringify({ type: "heartbeat", now, agents } satisfies ServerMessage);
  }

  #complain(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#parts.log.warn("live.failed", message);
  }
}
