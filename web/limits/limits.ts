/** What a server takes at once and in a minute, so that no caller can use it up. */
import type { Clock } from "../../base/clock.ts";
import { type Problem, problem } from "../../base/problem.ts";
import { MAX_BODY_BYTES } from "../ingest/body.ts";
import { RequestRate } from "./rate.ts";
import { Room } from "./room.ts";

/** How much. */
export interface LimitSettings {
  /** Requests of one key in a minute; 0 for any number. */
  readonly requestsPerKey: number;
  /** Bodies of ingest calls in memory at once. */
  readonly ingestMemoryBytes: number;
  /** Lines of `/api/live` open at once. */
  readonly liveConnections: number;
}

/** What is taken unless somebody says otherwise. */
export const DEFAULT_LIMITS: LimitSettings = {
  requestsPerKey: 60_000,
  ingestMemoryBytes: 512 * 1024 * 1024,
  liveConnections: 5_000,
};

/** How long an ingest call may wait for room: an agent hangs up after 30 s. */
const BODY_PATIENCE_MS = 5_000;

/** When who found no room should try again. */
const NO_ROOM_RETRY_AFTER_S = 2;

/** The limits of one server. */
export interface Limits {
  /** `undefined` where a key may make any number of requests. */
  readonly requests: RequestRate | undefined;
  readonly bodies: Room;
  readonly live: Room;
}

/** Sets a server's limits. */
export function limitsOf(clock: Clock, settings: LimitSettings): Limits {
  const { requestsPerKey, ingestMemoryBytes, liveConnections } = settings;
  return {
    requests: requestsPerKey === 0 ? undefined : new RequestRate(clock, requestsPerKey),
    bodies: new Room(clock, { capacity: ingestMemoryBytes, patienceMs: BODY_PATIENCE_MS }),
    live: new Room(clock, { capacity: liveConnections, patienceMs: 0 }),
  };
}

/**
 * The room that a body takes: what it declares, or the most that a body may be where that says
 * nothing of what it will be in memory (gzip, or no length).
 *
 * @example
 * ```ts
 * import { bodyRoom } from "./limits.ts";
 * console.assert(bodyRoom(new Headers({ "content-length": "700" })) === 700);
 * console.assert(bodyRoom(new Headers({ "content-length": "7", "content-encoding": "gzip" })) > 1e7);
 * ```
 */
export function bodyRoom(headers: Headers): number {
  const length = headers.get("content-length");
  if (length === null || !/^\d+$/.test(length) || headers.has("content-encoding")) {
    return MAX_BODY_BYTES;
  }
  return Math.min(Number(length), MAX_BODY_BYTES);
}

/** 503: there is no room just now. */
export function noRoom(detail: string): Problem {
  return problem(503, "server-busy", "Server busy", { detail, retryAfter: NO_ROOM_RETRY_AFTER_S });
}
