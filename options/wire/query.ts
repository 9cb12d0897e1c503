/** What questions to the API are made of: moments, steps, positions and names in an address. */
import { z } from "zod";

const MAX_MS = Date.UTC(9999, 11, 31);

/** A moment in an address, as epoch milliseconds; what no history reaches counts as its border. */
export const moment = z.iso.datetime({
  offset: true,
  error: "must be an ISO 8601 time with a zone, such as 2026-07-15T17:15:53Z (+ is written %2B)",
})
  .describe("an ISO 8601 time with a zone, such as 2026-07-15T17:15:53Z")
  .transform((text) => Math.min(Math.max(Date.parse(text), 0), MAX_MS));

const STEP = /^[1-9]\d{0,3}[smhd]$/;
const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/**
 * A length of time in an address, as milliseconds.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { step } from "./query.ts";
 * assert(step.parse("5m") === 300_000);
 * assert(!step.safeParse("5 minutes").success);
 * ```
 */
export const step = z.string()
  .regex(STEP, "must be a whole number up to 9999 and s, m, h or d, such as 5m")
  .describe("a whole number with s, m, h or d, such as 5m")
  .transform((text) => Number(text.slice(0, -1)) * (UNIT_MS[text.slice(-1)] ?? NaN));

const position = z.string()
  .regex(/^(?:0|[1-9]\d{0,14})$/, "must be a position")
  .describe("a `seq`")
  .transform((text) => ({ seq: Number(text) }));

/** Since when: a position of the ticker's history, or a moment. */
export const since = z.union([position, moment.transform((atMs) => ({ atMs }))], {
  error: "must be a seq, such as 4711, or an ISO 8601 time with a zone",
});

/** The ticker in a path. Other ways to write one are understood; what is none is followed by nobody. */
export const tickerInPath = z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,9}(-[A-Za-z0-9]{1,3})?$/)
  .meta({ description: "such as EA or BRK-B, in any case", examples: ["EA"] });

/** The contract in a path. */
export const occInPath = z.string().regex(/^[A-Z][A-Z0-9]{0,5}\d{6}[CP]\d{8}$/)
  .meta({ description: "the compact OCC symbol", examples: ["EA301220C00210000"] });

/** Moments from the first on and before the second; `step` keeps the last of each such length. */
export const rangeQuery = z.strictObject({
  from: moment.optional(),
  to: moment.optional(),
  step: step.optional(),
});

/** A range without steps. */
export const periodQuery = rangeQuery.omit({ step: true });

/** A chain: now, at a moment, or at every step of a range. */
export const chainQuery = rangeQuery.extend({ at: moment.optional() });

/** What changed since. */
export const changesQuery = z.strictObject({ since });
