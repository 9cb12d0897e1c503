/** `GET /api/price-agent/tickers`: what an agent that was given no list by hand is to read. */
import { followedTickers } from "../../../db/tickers.ts";
import { agentKeyOf } from "../../auth/agent_key.ts";
import { inTime } from "../../database.ts";
import type { RequestContext, Services } from "../../services.ts";
import { answerProblem } from "./problems.ts";

/** The tickers that are deals or watched. */
export async function agentTickers(c: RequestContext, services: Services): Promise<Response> {
  const found = await agentKeyOf(c.req.header("authorization"), services);
  if (!found.ok) return answerProblem(found.problem);
  const followed = await inTime(services.clock, followedTickers(services.database.quick));
  return c.json({
    // An agent that `start` did not run learns here of a replay's domain time.
    clockOffsetMs: Math.round(services.clock.nowMs() - services.clock.realNowMs()),
    tickers: followed.map(({ ticker, deal }) => ({
      ticker,
      dealId: deal?.id ?? null,
      expectedCloseDate: deal?.close ?? null,
    })),
  });
}
