/**
 * What each contract last traded at by the close of the session before: what a change is told
 * against. It is the chain as it was known at that close, kept until another close counts.
 */
import { seqAt } from "../../db/positions.ts";
import type { OccSymbol, Ticker } from "../../options/contract.ts";
import { type Database, inTime, saysDatabaseAway } from "../database.ts";
import type { Clock } from "../../base/clock.ts";
import { referenceCloseMs } from "./day.ts";
import { chainUpTo } from "./past.ts";

/** The last trades by contract; those that had none are not in it. */
export type CloseLasts = ReadonlyMap<OccSymbol, number>;

const NONE: CloseLasts = new Map();

/** A page waits no longer for it; the next one has it. */
const DEADLINE_MS = 1_000;

interface Kept {
  readonly closeMs: number;
  readonly lasts: Promise<CloseLasts>;
}

/** The closes of one server's chains. */
export class Closes {
  readonly #parts: { readonly clock: Clock; readonly database: Database };
  readonly #kept = new Map<Ticker, Kept>();

  constructor(parts: { readonly clock: Clock; readonly database: Database }) {
    this.#parts = parts;
  }

  /** The last trades by the close before a moment; none where they cannot be read in time. */
  async before(ticker: Ticker, nowMs: number): Promise<CloseLasts> {
    const { clock } = this.#parts;
    const closeMs = referenceCloseMs(nowMs, ticker);
    let kept = this.#kept.get(ticker);
    if (kept?.closeMs !== closeMs) {
      kept = { closeMs, lasts: this.#read(ticker, closeMs) };
      this.#kept.set(ticker, kept);
      const now = kept;
      // What failed is read again by the next page.
      now.lasts.catch(() => {
        if (this.#kept.get(ticker) === now) this.#kept.delete(ticker);
      });
    }
    try {
      return await inTime(clock, kept.lasts, DEADLINE_MS);
    } catch (error) {
      if (!saysDatabaseAway(error)) throw error;
      return NONE;
    }
  }

  async #read(ticker: Ticker, closeMs: number): Promise<CloseLasts> {
    const { work } = this.#parts.database;
    const seq = await seqAt(work, ticker, closeMs);
    if (seq === 0) return NONE;
    const chain = await chainUpTo(work, ticker, seq);
    const lasts = new Map<OccSymbol, number>();
    for (const { occ, fields } of chain.contracts.values()) {
      if (fields.last) lasts.set(occ, fields.last.value);
    }
    return lasts;
  }
}
