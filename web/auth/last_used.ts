/** When keys were last used: gathered in memory, and written now and then, beside the requests. */
import type { Clock, Timer } from "../../base/clock.ts";
import type { KeyUse } from "../../db/keys.ts";
import type { Log } from "../../telemetry/log.ts";

/** How often it is written. */
export const WRITE_EVERY_MS = 15_000;

/** What it works with. */
export interface LastUsedParts {
  readonly clock: Clock;
  readonly log: Log;
  /** Writes; rejects where the database is away. */
  readonly write: (uses: readonly KeyUse[]) => Promise<void>;
}

/** The uses that are not written yet. */
export class LastUsed {
  readonly #parts: LastUsedParts;
  /** By key: there are no more than keys in the database. Monotonic time. */
  readonly #usedAtMs = new Map<string, number>();
  readonly #timer: Timer;

  constructor(parts: LastUsedParts) {
    this.#parts = parts;
    this.#timer = parts.clock.every(WRITE_EVERY_MS, () => void this.#write());
  }

  /** A key was used now. */
  used(keyId: string): void {
    this.#usedAtMs.set(keyId, this.#parts.clock.monotonicMs());
  }

  /** Writes what is left, and no more. */
  async stop(): Promise<void> {
    this.#timer.cancel();
    await this.#write();
  }

  async #write(): Promise<void> {
    const { clock, log, write } = this.#parts;
    if (this.#usedAtMs.size === 0) return;
    const uses = [...this.#usedAtMs];
    this.#usedAtMs.clear();
    const nowMs = clock.monotonicMs();
    try {
      await write(uses.map(([id, atMs]) => ({ id, agoMs: nowMs - atMs })));
    } catch (error) {
      log.debug("auth.last_used", `When keys were used could not be written yet: ${error}`);
      for (const [id, atMs] of uses) {
        if (!this.#usedAtMs.has(id)) this.#usedAtMs.set(id, atMs);
      }
    }
  }
}
