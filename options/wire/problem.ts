/** Problem details (RFC 9457) as the API answers them (`base/problem.ts`). */
import { z } from "zod";

/** What an error answer carries; further members say more of some problems. */
export const problemAnswer = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string().optional().describe("what was read and what is allowed"),
  error: z.string().describe("a sentence that does not change"),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional()
    .describe("every field that is bad, at most 20"),
});
