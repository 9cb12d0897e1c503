/** When an order of the day ends, from IB's strings of hours. */
import { newYorkMs } from "../../options/calendar.ts";
import { parseIsoDate } from "../../options/contract.ts";
import type { Instrument } from "../market/market.ts";

/**
 * The first close of an instrument's liquid hours after a moment; `undefined` where its hours tell
 * none. All markets here keep New York's time.
 *
 * @example
 * ```ts
 * import { closeAfter } from "./hours.ts";
 * const hours = { liquidHours: "20260714:CLOSED;20260715:0930-20260715:1600" };
 * const noon = Date.UTC(2026, 6, 15, 16);
 * console.assert(closeAfter(hours, noon) === Date.UTC(2026, 6, 15, 20));
 * ```
 */
export function closeAfter(
  instrument: Pick<Instrument, "liquidHours">,
  atMs: number,
): number | undefined {
  const closes = instrument.liquidHours.split(";").flatMap((day) => {
    const match = /-(\d{8}):(\d\d)(\d\d)$/.exec(day);
    const date = match?.[1] === undefined ? undefined : parseIsoDate(match[1]);
    return date ? [newYorkMs(date, Number(match?.[2]) * 60 + Number(match?.[3]))] : [];
  });
  return closes.filter((closeMs) => closeMs > atMs).sort((a, b) => a - b)[0];
}
