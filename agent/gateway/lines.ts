/**
 * The market-data lines an agent may hold: one budget, shared by its reads and its streams. IB
 * counts lines by login, not by client: TWS's own watchlists and the other agents of the gateway
 * use the same 100 (error 101 when they are used up).
 */
import type { Clock } from "../../base/clock.ts";

/** With fewer no chain can be read: one of the underlying, one of a contract. */
const LEAST = 2;

/**
 * After a refusal the budget grows back, to twice as much every so often, since others give lines
 * back and do not say so: to all of 95 within half a minute. A try that is too early costs one
 * message and its answer.
 */
const GROW_EVERY_MS = 4_000;
/** More than any budget needs. */
const MOST_STEPS = 20;

/**
 * Streams leave reads so many lines, or half of them where there are few: at 24 contracts a second,
 * each with its line for 1.6 s, a read uses 40.
 */
const KEPT_FOR_READS = 40;

/** The budget of lines. */
export interface Lines {
  /** The most that may be held now; smaller than the setting after the gateway said 101. */
  readonly limit: number;
  readonly used: number;
  /** A share for one read; the more urgent reads go first. */
  forRead(urgency: number): ReadLines;
  /** A share for one stream. */
  forStream(): StreamLines;
}

/** The lines of one who holds some. */
export interface LineShare {
  readonly used: number;
  /** Takes one line; false when none is free. */
  take(): boolean;
  release(): void;
  /** The gateway refused a line: no more than are held now, but for an underlying and a contract. */
  shrink(): void;
  /** Its holder is done; it holds none any more. */
  close(): void;
}

/** The lines of one read. */
export interface ReadLines extends LineShare {
  /** Whether no read that is more urgent is open: only then may it begin contracts. */
  readonly turn: boolean;
  /** A more urgent read was refused a line: give back what is held. */
  readonly mustYield: boolean;
  /** Makes the read as urgent as this, where it is less. */
  raise(urgency: number): void;
}

/** The lines of one stream. */
export interface StreamLines extends LineShare {
  /** The most it may hold now: what reads do not need, shared evenly among the streams. */
  readonly most: number;
}

/**
 * A budget of `limit` lines.
 *
 * @example
 * ```ts
 * import { manualClock } from "../../base/clock.ts";
 * import { createLines } from "./lines.ts";
 * const lines = createLines(1, manualClock()).forRead(0);
 * console.assert(lines.take() && !lines.take());
 * ```
 */
export function createLines(limit: number, clock: Pick<Clock, "monotonicMs">): Lines {
  return new Budget(limit, clock);
}

class Budget implements Lines {
  readonly reads = new Set<Read>();
  readonly streams = new Set<Stream>();
  used = 0;
  readonly #setting: number;
  readonly #clock: Pick<Clock, "monotonicMs">;
  /** What the last refusal left, and when it was. */
  #shrunk: { readonly to: number; readonly atMs: number } | undefined;

  constructor(setting: number, clock: Pick<Clock, "monotonicMs">) {
    this.#setting = setting;
    this.#clock = clock;
  }

  get limit(): number {
    if (!this.#shrunk) return this.#setting;
    const steps = Math.floor((this.#clock.monotonicMs() - this.#shrunk.atMs) / GROW_EVERY_MS);
    return Math.min(this.#setting, this.#shrunk.to * 2 ** Math.min(steps, MOST_STEPS));
  }

  shrink(): void {
    const to = Math.max(Math.min(LEAST, this.#setting), this.used);
    this.#shrunk = { to, atMs: this.#clock.monotonicMs() };
  }

  forRead(urgency: number): ReadLines {
    const read = new Read(this, urgency);
    this.reads.add(read);
    return read;
  }

  forStream(): StreamLines {
    const stream = new Stream(this);
    this.streams.add(stream);
    return stream;
  }
}

abstract class Share implements LineShare {
  used = 0;
  protected readonly budget: Budget;

  constructor(budget: Budget) {
    this.budget = budget;
  }

  take(): boolean {
    if (this.budget.used >= this.budget.limit) return false;
    this.used++;
    this.budget.used++;
    return true;
  }

  release(): void {
    if (this.used === 0) throw new Error("A market-data line was released twice.");
    this.used--;
    this.budget.used--;
  }

  shrink(): void {
    this.budget.shrink();
  }

  abstract close(): void;
}

class Read extends Share implements ReadLines {
  #urgency: number;
  #refused = false;

  constructor(budget: Budget, urgency: number) {
    super(budget);
    this.#urgency = urgency;
  }

  get turn(): boolean {
    return this.#moreUrgent().length === 0;
  }

  get mustYield(): boolean {
    return this.#moreUrgent().some((read) => read.#refused);
  }

  override take(): boolean {
    this.#refused = !super.take();
    return !this.#refused;
  }

  raise(urgency: number): void {
    this.#urgency = Math.max(this.#urgency, urgency);
  }

  close(): void {
    this.budget.reads.delete(this);
  }

  #moreUrgent(): Read[] {
    return [...this.budget.reads].filter((read) => read.#urgency > this.#urgency);
  }
}

class Stream extends Share implements StreamLines {
  get most(): number {
    const { limit, streams } = this.budget;
    const kept = Math.min(KEPT_FOR_READS, Math.ceil(limit / 2));
    return Math.floor((limit - kept) / streams.size);
  }

  override take(): boolean {
    return this.used < this.most && super.take();
  }

  close(): void {
    this.budget.streams.delete(this);
  }
}
