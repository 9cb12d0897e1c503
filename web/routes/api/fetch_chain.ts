/** `POST /api/ma-options/fetch-chain`: the last-known chain, as the first version asked for it. */
import { z } from "zod";
import { problem } from "../../../base/problem.ts";
import { parseIsoDate, parseTicker } from "../../../options/contract.ts";
import { parseInstant } from "../../../options/wire/instant.ts";
import { readJsonBody } from "../../ingest/body.ts";
import { answerOf } from "../../live/answers.ts";
import type { RequestContext, Services } from "../../services.ts";
import { answerProblem, nothingKnown, unknownTicker } from "./problems.ts";

/** What is asked for; price and close of the deal are taken for the sake of older callers. */
export const fetchChainBody = z.object({
  ticker: z.string().min(1).max(32),
  dealPrice: z.number().positive().nullish(),
  expectedCloseDate: z.string()
    // The first version's pages sent the date as JavaScript writes it, with a time.
    .refine(
      (text) => parseIsoDate(text) !== undefined || typeof parseInstant(text) === "number",
      "must be a day, YYYY-MM-DD",
    ).nullish(),
});

/** Anything that is known: 200. Nothing ever known: 503, an agent is needed. */
export async function fetchChain(
  c: RequestContext,
  { chains, clock }: Services,
): Promise<Response> {
  const read = await readJsonBody(c.req.raw, clock);
  if (!read.ok) return answerProblem(read.problem);
  const body = fetchChainBody.safeParse(read.value);
  if (!body.success) {
    const errors = body.error.issues.map((issue) => ({
      path: issue.path.join(".") || "body",
      message: issue.message,
    }));
    return answerProblem(problem(400, "invalid-body", "Invalid request body", { errors }));
  }
  const ticker = parseTicker(body.data.ticker);
  const known = ticker && await chains.get(ticker);
  if (!known) return answerProblem(unknownTicker(ticker ?? body.data.ticker));
  if (known.chain.contracts.size === 0) return answerProblem(nothingKnown(known.ticker));
  return c.json(answerOf(known, clock.nowMs()));
}
