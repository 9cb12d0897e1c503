/** `GET /api/chains/{ticker}/volatility`: the volatility of a chain, and what it was made of. */
import { z } from "zod";
import { QUALITY_FLAGS } from "../quality_flags.ts";

const fraction = z.number().describe("a fraction: 0.25 is 25 %");
const orNone = fraction.nullable();

/** Points that were left out, by what is wrong with them. */
export const leftOut = z.array(z.object({
  flag: z.enum(QUALITY_FLAGS),
  words: z.string(),
  count: z.number().int(),
}));

/** The smile of one root at one expiry. */
export const smileAnswer = z.object({
  root: z.string(),
  expiry: z.string(),
  days: z.number().int(),
  points: z.array(z.object({
    strike: z.number(),
    right: z.enum(["C", "P"]),
    impliedVol: fraction,
    seenAt: z.string(),
  })).describe("puts below the spot, calls from it on"),
  leftOut,
});

/** One strike's positions. */
export const strikePositions = z.object({
  strike: z.number(),
  callOpenInterest: z.number(),
  putOpenInterest: z.number(),
  callVolume: z.number(),
  putVolume: z.number(),
});

/** Positions of some expiries with what follows from them. */
export const positionsAnswer = z.object({
  strikes: z.array(strikePositions),
  callVolume: z.number(),
  putVolume: z.number(),
  volumeRatio: z.number().nullable().describe("puts by calls"),
  callOpenInterest: z.number(),
  putOpenInterest: z.number(),
  openInterestRatio: z.number().nullable().describe("puts by calls"),
  maxPain: z.number().nullable().describe("strike at which all that is open pays least"),
});

/** The whole answer. */
export const volatilityAnswer = z.object({
  ticker: z.string(),
  spotPrice: z.number().nullable(),
  expiry: z.string().describe("the expiry that smile and positions are of"),
  expirations: z.array(z.string()),
  atmIv: orNone.describe("at the money for 30 days, of the newest read that has one"),
  skew: orNone.describe("25-delta put less 25-delta call, for 30 days"),
  asOf: z.string().nullable().describe("the read that atmIv, skew and the term structure are of"),
  ivRank: z.object({
    rank: z.number(),
    percentile: z.number(),
    days: z.number().int(),
    firstDay: z.string(),
    lowest: fraction,
    highest: fraction,
  }).nullable(),
  termStructure: z.array(z.object({
    expiry: z.string(),
    days: z.number(),
    atmIv: fraction,
    skew: orNone,
  })),
  history: z.array(z.object({ day: z.string(), atmIv: fraction, skew: orNone })),
  smiles: z.array(smileAnswer).describe("of the chosen expiry, one a root"),
  surface: z.object({
    moneyness: z.array(z.number()).describe("strike by spot"),
    rows: z.array(z.object({
      root: z.string(),
      expiry: z.string(),
      days: z.number().int(),
      impliedVol: z.array(orNone).describe("null: outside of what is quoted"),
    })),
  }),
  positions: positionsAnswer.describe("of the chosen expiry"),
  allPositions: positionsAnswer.omit({ strikes: true }).describe("of all expiries"),
});

/** The whole answer. */
export type VolatilityAnswer = z.infer<typeof volatilityAnswer>;
