/**
 * The client IDs of a gateway: each of one connection at a time. TWS frees an ID when it notices
 * that the client went, which on a half-open socket can take long (ib_async #152).
 */
import type { Clock, Timer } from "../../base/clock.ts";

/** An ID that is not free. */
export interface HeldId {
  readonly clientId: number;
  /** Seconds until it is free, where its client is gone; `null` while it is connected. */
  readonly lingersSeconds: number | null;
}

interface Holder {
  readonly by: object;
  freeAtMs: number | null;
  timer: Timer | undefined;
  onFree: () => void;
}

/** Which IDs are taken. */
export class ClientIds {
  readonly #clock: Clock;
  readonly #holders = new Map<number, Holder>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes an ID; what it says instead is who has it. */
  claim(clientId: number, by: object): "taken" | "connected" | "lingering" {
    const holder = this.#holders.get(clientId);
    if (holder) return holder.freeAtMs === null ? "connected" : "lingering";
    this.#holders.set(clientId, { by, freeAtMs: null, timer: undefined, onFree: () => {} });
    return "taken";
  }

  /** Frees what a connection held, after `lingerMs`; then calls `onFree`. */
  release(by: object, lingerMs: number, onFree: () => void): void {
    const held = [...this.#holders].find(([, holder]) => holder.by === by);
    if (!held) return onFree();
    const [clientId, holder] = held;
    if (lingerMs <= 0) {
      this.#holders.delete(clientId);
      return onFree();
    }
    holder.freeAtMs = this.#clock.monotonicMs() + lingerMs;
    holder.onFree = onFree;
    holder.timer = this.#clock.after(lingerMs, () => {
      this.#holders.delete(clientId);
      onFree();
    });
  }

  /** How many are gone and not free yet. */
  get lingering(): number {
    return [...this.#holders.values()].filter(({ freeAtMs }) => freeAtMs !== null).length;
  }

  /** All that are not free. */
  held(): readonly HeldId[] {
    const nowMs = this.#clock.monotonicMs();
    return [...this.#holders].map(([clientId, { freeAtMs }]) => ({
      clientId,
      lingersSeconds: freeAtMs === null ? null : Math.max(0, freeAtMs - nowMs) / 1_000,
    })).sort((a, b) => a.clientId - b.clientId);
  }

  /** Frees those whose clients are gone, at once. */
  close(): void {
    for (const [clientId, { freeAtMs, timer, onFree }] of this.#holders) {
      if (freeAtMs === null) continue;
      timer?.cancel();
      this.#holders.delete(clientId);
      onFree();
    }
  }
}
