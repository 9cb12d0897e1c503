/** A moment in an address: an instant, or what a form of New York's time says. */
import { newYorkMs } from "../../options/calendar.ts";
import { parseIsoDate } from "../../options/contract.ts";

/**
 * The moment that a text names: `2026-11-20T15:00:00Z`, with any zone; without one it is New
 * York's time. `undefined` where it names none.
 *
 * @example
 * ```ts
 * import { momentOf } from "./moment.ts";
 * console.assert(momentOf("2026-11-20T10:00") === Date.parse("2026-11-20T15:00:00Z"));
 * console.assert(momentOf("2026-11-20T15:00:00Z") === momentOf("2026-11-20T10:00:00"));
 * console.assert(momentOf("yesterday") === undefined);
 * ```
 */
export function momentOf(text: string): number | undefined {
  const wall = /^(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.\d{1,3})?)?$/.exec(
    text,
  );
  const date = wall?.[1] === undefined ? undefined : parseIsoDate(wall[1]);
  if (wall && date) {
    const minute = Number(wall[2]) * 60 + Number(wall[3]);
    return newYorkMs(date, minute) + Number(wall[4] ?? 0) * 1_000;
  }
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/.test(text)) {
    return undefined;
  }
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
