/** `GET /api/price-agent/tickers`: what an agent that was given no list by hand is to read. */
import { followedTickers } from "../../../db/tickers.ts";
import { inTime } from "../../database.ts";
import type { ValidKey } from "../../../db/keys.ts";
import type { Operation } from "../../openapi/operation.ts";
import type { RequestContext, Services } from "../../services.ts";

/** The description of the call. */
export const agentTickersApi: Operation = {
  tag: "agents",
  summary: "What an agent is to read",
  answers: { 200: { description: "The tickers that the key opens.", body: "AgentTickers" } },
};

/** The tickers that are deals or watched, and that the key opens. */
export async function agentTickers(
  c: RequestContext,
  services: Services,
  key: ValidKey,
): Promise<Response> {
  const followed = await inTime(services.clock, followedTickers(services.database.quick));
  return c.json({
    // An agent that `start` did not run learns here of a replay's domain time.
    clockOffsetMs: Math.round(services.clock.nowMs() - services.clock.realNowMs()),
    tickers: followed.filter(({ ticker }) => key.tickers?.includes(ticker) ?? true).map((
      { ticker, deal },
    ) => ({
      ticker,
      dealId: deal?.id ?? null,
      expectedCloseDate: deal?.close ?? null,
    })),
  });
}
