/** The conditions of a market at each snapshot, as the API answers them. */
import { z } from "zod";
import { snapshotOfRow } from "./history.ts";

const value = z.number().nullable();
const count = z.number().int().nullable();

/** The conditions at one snapshot; null is not known. */
export const conditionsRow = snapshotOfRow.extend({
  spotPrice: value,
  atmIv: value.describe("at the money, for 30 days: a fraction"),
  skew: value.describe("IV of the 25-delta put less that of the call, for 30 days"),
  putVolume: count,
  callVolume: count,
  putCallVolumeRatio: value,
  putOpenInterest: count,
  callOpenInterest: count,
  putCallOpenInterestRatio: value,
  expiries: z.array(z.object({
    expiry: z.string(),
    days: z.number().int(),
    atmIv: z.number(),
    skew: value,
  })).describe("those with a volatility at the money"),
});

/** A ticker's conditions of a range, by `asOf`. */
export const conditionsAnswer = z.object({
  ticker: z.string(),
  from: z.string(),
  to: z.string(),
  snapshots: z.array(conditionsRow),
  next: z.string().nullable().describe(
    "where there is more: the `from` with which to go on; else null",
  ),
});

/** A ticker's conditions of a range. */
export type ConditionsAnswer = z.infer<typeof conditionsAnswer>;
