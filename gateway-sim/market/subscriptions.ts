/** Who listens to which instrument. */
import type { Clock, Timer } from "../../base/clock.ts";

/**
 * The listeners of a market. A listener is called the first time `delayMs` after it subscribed,
 * when its instrument's first ticks come, and then after each change.
 */
export class Subscriptions {
  readonly #listeners = new Map<number, Set<() => void>>();
  readonly #first = new Set<Timer>();
  readonly #clock: Clock;
  readonly #delayMs: number;

  constructor(clock: Clock, delayMs: number) {
    this.#clock = clock;
    this.#delayMs = delayMs;
  }

  /** The contract IDs that somebody listens to. */
  conIds(): Iterable<number> {
    return this.#listeners.keys();
  }

  add(conId: number, onChange: () => void): () => void {
    // Each call is a subscription of its own, also of the same function.
    const listener = (): void => onChange();
    const timer = this.#clock.after(this.#delayMs, () => {
      this.#first.delete(timer);
      const listeners = this.#listeners.get(conId) ?? new Set();
      this.#listeners.set(conId, listeners.add(listener));
      listener();
    });
    this.#first.add(timer);
    return () => {
      timer.cancel();
      this.#first.delete(timer);
      const listeners = this.#listeners.get(conId);
      listeners?.delete(listener);
      if (listeners?.size === 0) this.#listeners.delete(conId);
    };
  }

  notify(conId: number): void {
    for (const listener of [...this.#listeners.get(conId) ?? []]) listener();
  }

  close(): void {
    for (const timer of this.#first) timer.cancel();
    this.#first.clear();
    this.#listeners.clear();
  }
}
