/**
 * What this server knows of keys, so that a request costs one hash and no question to the database.
 * What is known is used for less than the 5 s in which a revoked key must have ceased to open
 * anything on any server; of a key in use the database is asked again before that, beside the
 * requests. The ingest statement checks the key once more, at the moment that counts.
 */
import { createHash } from "node:crypto";
import type { Clock } from "../../base/clock.ts";
import { hashKey, isWellFormedKey, type KeyCheck } from "../../db/keys.ts";
import { DatabaseAway } from "../database.ts";

/** Counted from when the database was asked, not from when it answered. */
const LIFETIME_MS = 4_000;
const ASK_AGAIN_AFTER_MS = 2_000;

/** Keys that are remembered: as many as the database may have, and few of those that open nothing. */
const MOST_VALID = 10_000;
const MOST_REFUSED = 1_000;

/** Unknown texts that the database is asked about at once: whoever makes them up is not to occupy it. */
const MOST_ASKED = 100;

interface Known {
  readonly check: KeyCheck;
  readonly askedMs: number;
}

/** What a cache of keys works with. */
export interface KeyCacheParts {
  readonly clock: Clock;
  /** Looks a key up by its hash; rejects where the database is away. */
  readonly find: (hash: Uint8Array) => Promise<KeyCheck>;
}

/** The keys that were looked up lately. */
export class KeyCache {
  readonly #parts: KeyCacheParts;
  readonly #valid = new Map<string, Known>();
  readonly #refused = new Map<string, Known>();
  readonly #asked = new Map<string, Promise<KeyCheck>>();

  constructor(parts: KeyCacheParts) {
    this.#parts = parts;
  }

  /** How many are remembered. */
  get size(): number {
    return this.#valid.size + this.#refused.size;
  }

  /**
   * Whose key a text is, and whether it opens anything. Rejects where the database has to be asked
   * and is away.
   */
  check(text: string): KeyCheck | Promise<KeyCheck> {
    const name = createHash("sha256").update(text).digest("base64");
    const known = this.#valid.get(name) ?? this.#refused.get(name);
    const ageMs = known ? this.#parts.clock.monotonicMs() - known.askedMs : Infinity;
    if (known && ageMs < LIFETIME_MS) {
      if (ageMs > ASK_AGAIN_AFTER_MS && known.check.kind === "valid") {
        // Where it fails, the next request after the lifetime says so.
        this.#ask(name, known.check.key.hash).catch(() => {});
      }
      return known.check;
    }
    if (!isWellFormedKey(text)) return { kind: "unknown" };
    if (!this.#valid.has(name) && this.#asked.size >= MOST_ASKED) {
      return Promise.reject(new DatabaseAway("Too many unknown keys are being looked up."));
    }
    return this.#ask(name, hashKey(text));
  }

  /** Asks the database again about a key that was valid: it has just said that it is not. */
  recheck(hash: Uint8Array): Promise<KeyCheck> {
    return this.#ask(hash.toBase64(), hash);
  }

  #ask(name: string, hash: Uint8Array): Promise<KeyCheck> {
    const asked = this.#asked.get(name);
    if (asked) return asked;
    const asking = this.#find(name, hash).finally(() => this.#asked.delete(name));
    this.#asked.set(name, asking);
    return asking;
  }

  async #find(name: string, hash: Uint8Array): Promise<KeyCheck> {
    const askedMs = this.#parts.clock.monotonicMs();
    const check = await this.#parts.find(hash);
    this.#valid.delete(name);
    this.#refused.delete(name);
    if (check.kind === "valid") remember(this.#valid, name, { check, askedMs }, MOST_VALID);
    else remember(this.#refused, name, { check, askedMs }, MOST_REFUSED);
    return check;
  }
}

/** The one that was asked about the longest ago makes room. */
function remember(known: Map<string, Known>, name: string, one: Known, most: number): void {
  known.set(name, one);
  if (known.size <= most) return;
  const [oldest] = known.keys();
  if (oldest !== undefined) known.delete(oldest);
}
