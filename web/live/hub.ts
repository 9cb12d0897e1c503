/**
 * How a server hears of new batches: of its own at once, of others' by NOTIFY, and, as a kill can
 * lose one, by a look at the database once a second. It tells its listeners which ticker to look at.
 */
import type { Clock, Timer } from "../../base/clock.ts";
import {
  type BatchListener,
  type BatchNotice,
  listenBatches,
  notifyBatches,
} from "../../db/notify.ts";
import type { Sql } from "../../db/connect.ts";
import type { StoredBatch } from "../../options/chain.ts";
import type { Ticker } from "../../options/contract.ts";
import type { Log } from "../../telemetry/log.ts";
import { type Database, inTime, saysDatabaseAway } from "../database.ts";
import type { ChainCache } from "./chains.ts";

/** How long commits are gathered before the other servers are told. */
export const NOTIFY_AFTER_MS = 10;

/** How often the positions are looked at. */
export const LOOK_EVERY_MS = 1_000;

/** What the hub works with. */
export interface HubParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly database: Database;
  /** A pool that no pooler stands before, for LISTEN. */
  readonly direct: Sql;
  readonly chains: ChainCache;
}

/** Is told of a ticker of which there is news. */
export type HubListener = (ticker: Ticker) => void;

/** Hears of commits and passes them on. */
export class Hub {
  readonly #parts: HubParts;
  readonly #listeners = new Set<HubListener>();
  readonly #untold = new Map<Ticker, number>();
  #telling: Timer | undefined;
  #looking: Timer | undefined;
  #busy = false;
  #away = false;
  #listener: BatchListener | undefined;

  constructor(parts: HubParts) {
    this.#parts = parts;
  }

  /** Begins to listen; rejects where the database is away. */
  async start(): Promise<void> {
    const { clock, direct } = this.#parts;
    this.#listener = await listenBatches(
      direct,
      (reached) => this.#hear(reached),
      // What was said while nobody listened is lost.
      () => void this.#look(),
    );
    await this.#look();
    this.#looking = clock.every(LOOK_EVERY_MS, () => void this.#look());
  }

  /** Stops listening, after the last commits were told. */
  async stop(): Promise<void> {
    this.#looking?.cancel();
    this.#telling?.cancel();
    await this.#tell();
    await this.#listener?.stop();
  }

  /** Calls `listener` for every ticker with news, until the returned function is called. */
  listen(listener: HubListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Notes a commit of this server: its own listeners hear of it at once, the others soon. */
  committed(ticker: Ticker, batch: StoredBatch): void {
    const { seq } = batch;
    if (this.#parts.chains.stored(ticker, batch)) this.#announce(ticker);
    this.#untold.set(ticker, Math.max(seq, this.#untold.get(ticker) ?? 0));
    this.#telling ??= this.#parts.clock.after(NOTIFY_AFTER_MS, () => void this.#tell());
  }

  #hear(reached: readonly BatchNotice[]): void {
    if (reached.length === 0) void this.#look(); // a message of another form: something came
    for (const { ticker, seq } of reached) {
      if (this.#parts.chains.note(ticker, seq)) this.#announce(ticker);
    }
  }

  #announce(ticker: Ticker): void {
    for (const listener of this.#listeners) listener(ticker);
  }

  async #tell(): Promise<void> {
    this.#telling = undefined;
    const reached = [...this.#untold].map(([ticker, seq]) => ({ ticker, seq }));
    this.#untold.clear();
    if (reached.length === 0) return;
    try {
      await notifyBatches(this.#parts.database.quick, reached);
    } catch (error) {
      // The others find the commits at their next look.
      this.#complain(error);
    }
  }

  async #look(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      const news = await inTime(this.#parts.clock, this.#parts.chains.refresh(), 5_000);
      if (this.#away) this.#parts.log.info("hub.database_back", "The database answers again");
      this.#away = false;
      for (const ticker of news) this.#announce(ticker);
    } catch (error) {
      this.#complain(error);
    } finally {
      this.#busy = false;
    }
  }

  /** One line when the database goes away, not one a second. */
  #complain(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    if (!saysDatabaseAway(error)) this.#parts.log.error("hub.failed", message);
    else if (!this.#away) {
      this.#away = true;
      this.#parts.log.warn("hub.database_away", `The database is away: ${message}`);
    }
  }
}
