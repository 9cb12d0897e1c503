/**
 * How many requests a key may make: a bucket that holds a minute's worth and fills evenly (the
 * generic cell rate algorithm: of a bucket only the time is kept at which it will be full again).
 * Each server counts for itself. What is left is told in the header fields of
 * draft-ietf-httpapi-ratelimit-headers-11.
 */
import type { Clock } from "../../base/clock.ts";
import { type Problem, problem } from "../../base/problem.ts";

const WINDOW_MS = 60_000;

/** Sums of fractions of a minute differ by less. */
const ROUNDING_MS = 1e-3;

/** Buckets looked at in one go: more than one, so that they go faster than they come. */
const FORGET_AT_ONCE = 4;

/** What a bucket says of a request. */
export interface Rate {
  /** Requests that may follow at once. */
  readonly remaining: number;
  /** Until the bucket is full again. */
  readonly fullInMs: number;
  /** `null` where the request may be made; else when the next one may. */
  readonly waitMs: number | null;
}

/** The buckets of all keys. */
export class RequestRate {
  readonly perMinute: number;
  readonly #clock: Clock;
  /** By name, those that are not full. Monotonic time. */
  readonly #fullAtMs = new Map<string, number>();

  constructor(clock: Clock, perMinute: number) {
    this.#clock = clock;
    this.perMinute = perMinute;
  }

  /** Counts a request of a key. One that may not be made does not count. */
  take(keyId: string): Rate {
    const nowMs = this.#clock.monotonicMs();
    const eachMs = WINDOW_MS / this.perMinute;
    const fullInMs = Math.max(0, (this.#fullAtMs.get(keyId) ?? 0) - nowMs);
    const waitMs = fullInMs + eachMs - WINDOW_MS;
    if (waitMs > ROUNDING_MS) return { remaining: 0, fullInMs, waitMs };
    // Moved to the end, so that those that are full the longest are first, about.
    this.#fullAtMs.delete(keyId);
    this.#fullAtMs.set(keyId, nowMs + fullInMs + eachMs);
    this.#forgetFull(nowMs);
    const remaining = Math.max(0, Math.floor((ROUNDING_MS - waitMs) / eachMs));
    return { remaining, fullInMs: fullInMs + eachMs, waitMs: null };
  }

  /** How many buckets are remembered. */
  get size(): number {
    return this.#fullAtMs.size;
  }

  /** A bucket that is full is as good as none: of a stream of made-up names few are remembered. */
  #forgetFull(nowMs: number): void {
    let looked = 0;
    for (const [name, fullAtMs] of this.#fullAtMs) {
      if (looked++ === FORGET_AT_ONCE) return;
      if (fullAtMs <= nowMs) this.#fullAtMs.delete(name);
    }
  }

  /** The header fields that tell of it. */
  headers({ remaining, fullInMs }: Rate): Readonly<Record<string, string>> {
    return {
      "RateLimit-Policy": `"key";q=${this.perMinute};w=${WINDOW_MS / 1_000}`,
      "RateLimit": `"key";r=${remaining};t=${Math.ceil(fullInMs / 1_000)}`,
    };
  }
}

/** The problem of a request too many. */
export function tooManyRequests(rate: RequestRate, waitMs: number): Problem {
  return problem(429, "too-many-requests", "Too many requests", {
    detail: `A key may make ${rate.perMinute} requests a minute on this server (REQUESTS_PER_KEY).`,
    retryAfter: Math.ceil(waitMs / 1_000),
  });
}
