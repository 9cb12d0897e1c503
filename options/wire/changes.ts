/** What of a chain changed since a position. */
import { z } from "zod";
import { chainRow, chainState } from "./chain.ts";

/** The contracts that changed, each whole, and the chain's state. */
export const changesAnswer = chainState.extend({
  sinceSeq: z.number().int().describe("the position that was asked for"),
  whole: z.boolean().describe(
    "the contracts are all there are: put them in place of what you have",
  ),
  contracts: z.array(chainRow),
});

/** What changed since a position. */
export type ChangesAnswer = z.infer<typeof changesAnswer>;
