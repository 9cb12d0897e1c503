/** Who listens to which instrument. */
export class Subscriptions {
  readonly #listeners = new Map<number, Set<() => void>>();

  /** The contract IDs that somebody listens to. */
  conIds(): readonly number[] {
    return [...this.#listeners.keys()];
  }

  /** Calls `onChange` at each change of an instrument until the returned function is called. */
  add(conId: number, onChange: () => void): () => void {
    // Each call is a subscription of its own, also of the same function.
    const listener = (): void => onChange();
    const listeners = this.#listeners.get(conId) ?? new Set();
    this.#listeners.set(conId, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(conId) === listeners) {
        this.#listeners.delete(conId);
      }
    };
  }

  notify(conId: number): void {
    for (const listener of [...this.#listeners.get(conId) ?? []]) listener();
  }

  clear(): void {
    this.#listeners.clear();
  }
}
