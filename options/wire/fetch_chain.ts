/** The body of `POST /api/ma-options/fetch-chain`. */
import { z } from "zod";

// The first version's pages sent a date as JavaScript writes it, with a time.
const day = z.union([z.iso.date(), z.iso.datetime({ offset: true })], {
  error: "must be a day, YYYY-MM-DD",
});

/** What is asked for; price and close of the deal are taken for the sake of older callers. */
export const fetchChainBody = z.object({
  ticker: z.string().min(1).max(32),
  dealPrice: z.number().positive().nullish(),
  expectedCloseDate: day.nullish(),
});
