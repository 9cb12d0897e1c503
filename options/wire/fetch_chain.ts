/** The body of `POST /api/ma-options/fetch-chain`. */
import { z } from "zod";
import { parseIsoDate } from "../contract.ts";
import { parseInstant } from "./instant.ts";

const DAY = "must be a day, YYYY-MM-DD";

/** What is asked for; price and close of the deal are taken for the sake of older callers. */
export const fetchChainBody = z.object({
  ticker: z.string().min(1).max(32),
  dealPrice: z.number().positive().nullish(),
  expectedCloseDate: z.string()
    // The first version's pages sent the date as JavaScript writes it, with a time.
    .regex(/^\d{4}-?\d{2}-?\d{2}/, DAY)
    .refine(
      (text) => parseIsoDate(text) !== undefined || typeof parseInstant(text) === "number",
      DAY,
    )
    .meta({
      description: "a day, with or without a time",
      pattern: undefined,
      anyOf: [
        { pattern: z.iso.date()._zod.pattern?.source },
        { pattern: z.iso.datetime({ offset: true })._zod.pattern?.source },
      ],
    })
    .nullish(),
});
