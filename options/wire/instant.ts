/** Points in time as the API writes them: ISO 8601 with a zone, to the millisecond. */
import { parseIsoDate } from "../contract.ts";

const INSTANT =
  /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:?\d{2})?$/i;

/** What is wrong with a text that names no point in time. */
export type NotAnInstant = "not a time" | "no zone";

/**
 * The epoch milliseconds of an ISO 8601 time. A time without a zone is refused: taking it for UTC
 * would be a guess that is hours wrong for an agent in New York.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { parseInstant } from "./instant.ts";
 * assert(parseInstant("2026-07-15T13:15:53.372439-04:00") === Date.UTC(2026, 6, 15, 17, 15, 53, 372));
 * assert(parseInstant("2026-07-15T13:15:53") === "no zone");
 * ```
 */
export function parseInstant(text: string): number | NotAnInstant {
  const match = INSTANT.exec(text.trim());
  const [, day = "", time = "", zone] = match ?? [];
  if (!match || parseIsoDate(day) === undefined) return "not a time";
  const ms = Date.parse(`${day}T${time}${(zone ?? "Z").toUpperCase()}`);
  if (Number.isNaN(ms)) return "not a time";
  return zone === undefined ? "no zone" : ms;
}

/** The API's form of a point in time: `2026-07-15T17:15:53.372Z`. */
export function toIso(ms: number): string {
  return new Date(ms).toISOString();
}
