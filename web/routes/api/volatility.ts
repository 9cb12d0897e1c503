/** `GET /api/chains/{ticker}/volatility`. */
import { z } from "zod";
import { problem } from "../../../base/problem.ts";
import { parseIsoDate, parseTicker } from "../../../options/contract.ts";
import { tickerInPath } from "../../../options/wire/query.ts";
import { volatilityOf } from "../../live/volatility.ts";
import type { Operation } from "../../openapi/operation.ts";
import type { RequestContext, Services } from "../../services.ts";
import { answerProblem, nothingKnown, unknownTicker } from "./problems.ts";
import { readQuery } from "./query.ts";

const query = z.object({
  expiry: z.string().refine((text) => parseIsoDate(text) !== undefined, {
    message: "must be a day, YYYY-MM-DD",
  }).meta({ format: "date" }).optional().describe(
    "the expiry of smile and positions; without it the first with a month to run",
  ),
});

/** The description of the call. */
export const getVolatilityApi: Operation = {
  tag: "chains",
  summary: "Smile, term structure, surface and history of a chain's volatility, and its positions",
  description:
    "Of the last-known values. What is flagged is left out, counted and named; nothing is " +
    "made up where nothing is quoted.",
  path: z.object({ ticker: tickerInPath }),
  query,
  answers: {
    200: { description: "The volatility.", body: "Volatility" },
    400: { description: "A bad, unknown or repeated parameter." },
    404: { description: "The ticker is neither a deal nor watched, or has no such expiry." },
    503: { description: "Nothing is known of the ticker, or the database is away." },
  },
};

/** The volatility. */
export async function getVolatility(c: RequestContext, services: Services): Promise<Response> {
  const asked = readQuery(c, query);
  if (!asked.ok) return answerProblem(asked.problem);
  const text = c.req.param("ticker") ?? "";
  const ticker = parseTicker(text);
  const known = ticker && await services.chains.get(ticker);
  if (!known) return answerProblem(unknownTicker(ticker ?? text));
  const expiry = asked.value.expiry === undefined ? undefined : parseIsoDate(asked.value.expiry);
  const answer = await volatilityOf(services, known, { nowMs: services.clock.nowMs(), expiry });
  if (answer) return c.json(answer);
  if (expiry === undefined) return answerProblem(nothingKnown(known.ticker));
  return answerProblem(
    problem(404, "unknown-expiry", "Expiry is not known", {
      detail: `Nothing of ${known.ticker} that expires on ${expiry} is known, or it has expired.`,
    }),
  );
}
