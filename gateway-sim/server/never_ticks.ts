/** Options that are listed and subscribed to, and of which no tick ever comes: every chain has some. */
import { chance, hashText } from "../../options/synthetic/random.ts";
import type { Instrument } from "../market/market.ts";

/** Whether no tick of an instrument comes. */
export type NeverTicks = (instrument: Pick<Instrument, "secType" | "localSymbol">) => boolean;

/**
 * Which options never tick: a share of them from 0 to 1, always the same with one seed.
 *
 * @example
 * ```ts
 * import { neverTicks } from "./never_ticks.ts";
 * const option = { secType: "OPT", localSymbol: "EA    261218C00210000" } as const;
 * console.assert(neverTicks(1, 7)(option) && !neverTicks(0, 7)(option));
 * ```
 */
export function neverTicks(share: number, seed: number): NeverTicks {
  return ({ secType, localSymbol }) =>
    secType === "OPT" && chance(seed, hashText(localSymbol)) < share;
}
