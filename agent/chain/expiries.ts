/** Which expiries of a chain to read. */
import type { IsoDate } from "../../options/contract.ts";

/** Chooses among the expiries that are listed, in ascending order. */
export type ExpiryChoice = (listed: readonly IsoDate[]) => readonly IsoDate[];

/** Every expiry that is listed. */
export function allExpiries(listed: readonly IsoDate[]): readonly IsoDate[] {
  return listed;
}

/**
 * The expiries around the close of a deal: from `days` days before the expected close on, through
 * the first one on or after the close, so that there is always one that outlives the deal. Where
 * none of them is before the close, only that one.
 *
 * @example
 * ```ts
 * import { parseIsoDate } from "../../options/contract.ts";
 * import { aroundClose } from "./expiries.ts";
 * const days = ["2026-09-18", "2026-10-16", "2026-12-18", "2027-01-15", "2027-03-19"]
 *   .map((text) => parseIsoDate(text)).filter((day) => day !== undefined);
 * const close = parseIsoDate("2026-12-31");
 * console.assert(close && aroundClose(close, 60)(days).join() === "2026-12-18,2027-01-15");
 * ```
 */
export function aroundClose(close: IsoDate, days: number): ExpiryChoice {
  const from = new Date(Date.parse(`${close}T00:00:00Z`) - days * 86_400_000)
    .toISOString().slice(0, 10);
  return (listed) => {
    const firstAfter = listed.find((expiry) => expiry >= close);
    return listed.filter((expiry) => (expiry >= from && expiry < close) || expiry === firstAfter);
  };
}
