/** `GET /api/price-agent/tickers`: what an agent that was given no list by hand is to read. */
import { problemResponse } from "../../../base/problem.ts";
import { followedTickers } from "../../../db/tickers.ts";
import { agentKeyOf } from "../../auth/agent_key.ts";
import { inTime } from "../../database.ts";
import type { Handler } from "../../services.ts";

/** The tickers that are deals or watched. */
export const agentTickers: Handler = async (c, services) => {
  const found = await agentKeyOf(c.req.header("authorization"), services);
  if (!found.ok) {
    const headers = found.problem.status === 401
      ? { "WWW-Authenticate": 'Bearer realm="lastmark"' }
      : undefined;
    return problemResponse(found.problem, headers);
  }
  const followed = await inTime(services.clock, followedTickers(services.database.quick));
  return c.json({
    tickers: followed.map(({ ticker, deal }) => ({
      ticker,
      dealId: deal?.id ?? null,
      expectedCloseDate: deal?.close ?? null,
    })),
  });
};
