/** `POST /api/chains/{ticker}/read`: an agent is asked to read a chain now. */
import { z } from "zod";

/** What became of the request. */
export const readAsked = z.object({
  outcome: z.enum(["first", "no_agent", "timeout", "failed"])
    .describe("first: its first prices are there, the others follow on /api/live"),
  sentence: z.string().describe("what is so, and what to do"),
});

/** What became of the request. */
export type ReadAsked = z.infer<typeof readAsked>;
