/**
 * Which client ID to connect with. An agent holds one ID of its slice. When the gateway says 326
 * (taken), it is most often our own half-open socket of a moment ago, so the same ID is tried
 * again for longer than such a socket lingers (about 10 s), and only then the next of the slice.
 */
import type { IdRange } from "../../base/command.ts";

/** The ID in use and how often it was refused in a row. */
export interface ClientIdState {
  readonly clientId: number;
  readonly refusals: number;
}

/** The waits before an ID is tried again: 14 s together. */
const WAITS_MS = [2_000, 4_000, 8_000] as const;

/** The wait before another ID is tried. */
const NEXT_ID_WAIT_MS = 1_000;

/** The ID to begin with: the first of the slice. */
export function firstClientId(slice: IdRange): ClientIdState {
  return { clientId: slice.first, refusals: 0 };
}

/** After the gateway accepted the ID. */
export function afterAccepted(state: ClientIdState): ClientIdState {
  return { clientId: state.clientId, refusals: 0 };
}

/**
 * After 326: the ID to try next and how long to wait before.
 *
 * @example
 * ```ts
 * import { afterTaken, firstClientId } from "./client_id.ts";
 * const slice = { first: 300, last: 309 };
 * const next = afterTaken(firstClientId(slice), slice);
 * console.assert(next.state.clientId === 300 && next.waitMs === 2_000);
 * ```
 */
export function afterTaken(
  state: ClientIdState,
  slice: IdRange,
): { readonly state: ClientIdState; readonly waitMs: number } {
  const waitMs = WAITS_MS[state.refusals];
  if (waitMs !== undefined) {
    return { state: { clientId: state.clientId, refusals: state.refusals + 1 }, waitMs };
  }
  return { state: nextClientId(state, slice), waitMs: NEXT_ID_WAIT_MS };
}

/** The next ID of the slice; after the last the first. */
export function nextClientId({ clientId }: ClientIdState, slice: IdRange): ClientIdState {
  return { clientId: clientId >= slice.last ? slice.first : clientId + 1, refusals: 0 };
}

/**
 * The slice of agent number `ordinal` of a set: so many IDs behind those of the agents before it.
 * `undefined` where the range has no room for it.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { sliceOf } from "./client_id.ts";
 * const range = { first: 300, last: 399 };
 * assert.deepEqual(sliceOf(range, 2, 10), { first: 320, last: 329 });
 * assert.equal(sliceOf(range, 10, 10), undefined);
 * ```
 */
export function sliceOf(range: IdRange, ordinal: number, width: number): IdRange | undefined {
  const first = range.first + ordinal * width;
  const last = first + width - 1;
  return last <= range.last ? { first, last } : undefined;
}
