/** `POST /api/price-agent/bars`: an agent brings the bars that it was asked for. */
import { z } from "zod";
import { MAX_FIELD_PROBLEMS, problem } from "../../../base/problem.ts";
import { storeBars } from "../../../db/bars.ts";
import type { ValidKey } from "../../../db/keys.ts";
import { barLengthMs } from "../../../options/bars.ts";
import { parseOcc, parseTicker } from "../../../options/contract.ts";
import { barsBody, barsOf } from "../../../options/wire/bars.ts";
import { outsideKey } from "../../auth/agent_key.ts";
import { readJsonBody } from "../../ingest/body.ts";
import type { Operation } from "../../openapi/operation.ts";
import type { RequestContext, Services } from "../../services.ts";
import { tickerWith } from "./known_contract.ts";
import { answerProblem } from "./problems.ts";

/** The description of the call. */
export const postBarsApi: Operation = {
  tag: "agents",
  summary: "The bars that an agent was asked for",
  description: "Bars of the spans that are named replace those that were stored of them.",
  body: "BarsBody",
  answers: {
    200: { description: "They are stored.", body: "BarsStored" },
    400: { description: "The body is no JSON, or fields are bad." },
    404: { description: "The ticker is neither a deal nor watched." },
    408: { description: "The body did not arrive in time." },
    413: { description: "The body is too large." },
    415: {
      description: "The body is of another type than JSON, or of another encoding than gzip.",
    },
  },
};

/** Stores bars. */
export async function postBars(
  c: RequestContext,
  services: Services,
  key: ValidKey,
): Promise<Response> {
  const read = await readJsonBody(c.req.raw, services.clock);
  if (!read.ok) return answerProblem(read.problem);
  // As of the ingest call: whose key it is comes before what is wrong with the body.
  const named = z.object({ agentId: z.string() }).safeParse(read.value).data?.agentId;
  const foreign = named === undefined
    ? undefined
    : outsideKey(key, { agentId: named, ticker: "" }, services);
  if (foreign) return answerProblem(foreign);
  const body = barsBody.safeParse(read.value);
  if (!body.success) {
    const errors = body.error.issues.slice(0, MAX_FIELD_PROBLEMS).map((issue) => ({
      path: issue.path.join(".") || "body",
      message: issue.message,
    }));
    return answerProblem(problem(400, "invalid-body", "Invalid request body", { errors }));
  }
  const { agentId, instrument, what, bar, rth, spans } = body.data;
  const contract = parseOcc(instrument);
  const owner = contract && await tickerWith(contract, services.chains);
  const ticker = owner?.ticker ?? parseTicker(contract?.root ?? instrument);
  const refusal = outsideKey(key, { agentId, ticker: ticker ?? "" }, services);
  if (refusal) return answerProblem(refusal);
  if (!owner && !(ticker && await services.chains.get(ticker))) {
    const detail = `${instrument} is of no ticker that is a deal or watched.`;
    return answerProblem(problem(404, "unknown-ticker", "Ticker is not followed", { detail }));
  }
  const bars = barsOf(body.data);
  const nowMs = services.clock.nowMs();
  await storeBars(services.database.work, {
    series: { instrument, what, bar, rth },
    spans,
    bars,
    finalToMs: nowMs - barLengthMs(bar),
  });
  services.log.info("bars.stored", `Stored ${bars.length} bars of ${instrument}`, {
    agentId,
    instrument,
    what,
    bar,
    bars: bars.length,
  });
  return c.json({ success: true, stored: bars.length });
}
