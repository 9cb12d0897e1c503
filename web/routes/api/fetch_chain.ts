/** `POST /api/ma-options/fetch-chain`: the last-known chain, as the first version asked for it. */
import { problem } from "../../../base/problem.ts";
import { parseTicker } from "../../../options/contract.ts";
import { fetchChainBody } from "../../../options/wire/fetch_chain.ts";
import { readJsonBody } from "../../ingest/body.ts";
import { answerOf } from "../../live/answers.ts";
import type { Operation } from "../../openapi/operation.ts";
import type { RequestContext, Services } from "../../services.ts";
import { answerProblem, nothingKnown, unknownTicker } from "./problems.ts";
import { NOT_FOLLOWED } from "./say.ts";

/** The description of the call. */
export const fetchChainApi: Operation = {
  tag: "chains",
  summary: "The last-known chain, as the first version asked for it",
  body: "FetchChainBody",
  answers: {
    200: { description: "The chain.", body: "Chain" },
    400: { description: "The body is no JSON, or fields are bad." },
    404: NOT_FOLLOWED,
    408: { description: "The body did not arrive in time." },
    413: { description: "The body is too large." },
    415: {
      description: "The body is of another type than JSON, or of another encoding than gzip.",
    },
    503: {
      description: "Nothing was ever known of the ticker, or the database is away (`Retry-After`).",
    },
  },
};

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
