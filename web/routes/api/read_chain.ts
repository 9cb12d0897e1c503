/** `POST /api/chains/{ticker}/read`: has an agent read a chain now, and waits for its first prices. */
import { z } from "zod";
import { parseTicker, type Ticker } from "../../../options/contract.ts";
import type { ReadAsked } from "../../../options/wire/read_chain.ts";
import { tickerInPath } from "../../../options/wire/query.ts";
import type { Operation } from "../../openapi/operation.ts";
import type { RequestContext, Services } from "../../services.ts";
import { ASK_DEADLINE_MS } from "./fetch_chain.ts";
import { answerProblem, unknownTicker } from "./problems.ts";
import { NOT_FOLLOWED } from "./say.ts";

/** The description of the call. */
export const readChainApi: Operation = {
  tag: "chains",
  summary: "Have an agent read the chain now",
  description:
    "Answers when the first prices are there, or after 15 seconds with how the agent is. " +
    "The chain itself is at `GET /api/chains/{ticker}` and on `/api/live`.",
  path: z.object({ ticker: tickerInPath }),
  answers: {
    200: { description: "What became of it.", body: "ReadAsked" },
    404: NOT_FOLLOWED,
  },
};

/** Asks an agent. */
export async function readChain(c: RequestContext, services: Services): Promise<Response> {
  const text = c.req.param("ticker") ?? "";
  const ticker = parseTicker(text);
  const known = ticker && await services.chains.get(ticker);
  if (!ticker || !known) return answerProblem(unknownTicker(ticker ?? text));
  return c.json(await askForRead(services, ticker));
}

/** What became of a request to read a ticker. */
export async function askForRead({ agents }: Services, ticker: Ticker): Promise<ReadAsked> {
  const outcome = await agents.ask({
    kind: "read",
    subject: ticker,
    ticker,
    request: { kind: "read", ticker },
    until: "first",
    deadlineMs: ASK_DEADLINE_MS,
  });
  switch (outcome.kind) {
    case "no_agent":
      return {
        outcome: "no_agent",
        sentence: "No agent is connected that reads this ticker. Where TWS or IB Gateway runs, " +
          "start one with: deno task agent run",
      };
    case "timeout":
      return { outcome: "timeout", sentence: outcome.sentence };
    case "failed":
      return { outcome: "failed", sentence: outcome.result.message };
    default:
      return { outcome: "first", sentence: "The first prices are there." };
  }
}
