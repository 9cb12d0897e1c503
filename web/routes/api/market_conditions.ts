/** `GET /api/market-conditions/{ticker}`: spot, volatility, skew and volumes at each snapshot. */
import { z } from "zod";
import { marketConditions, type StoredConditions } from "../../../db/conditions.ts";
import { parseTicker } from "../../../options/contract.ts";
import type { ConditionsAnswer } from "../../../options/wire/conditions.ts";
import { toIso } from "../../../options/wire/instant.ts";
import { periodQuery, tickerInPath } from "../../../options/wire/query.ts";
import type { Operation } from "../../openapi/operation.ts";
import type { RequestContext, Services } from "../../services.ts";
import { isKnownTo } from "./etag.ts";
import { answerProblem, unknownTicker } from "./problems.ts";
import { readQuery } from "./query.ts";
import { DAY_MS, MAX_ROWS, pageOf, resolveRange } from "./range.ts";
import { KNOWN_ALREADY, NOT_FOLLOWED, WITH_ETAG } from "./say.ts";

/** The description of the call. */
export const getConditionsApi: Operation = {
  tag: "history",
  summary: "The conditions of the market at each snapshot",
  description:
    "Spot, at-the-money volatility and skew for 30 days and by expiry, volumes and open interest of " +
    "puts and calls, in the order of `asOf`. Without `to` the range ends with this minute; without `from`, it begins 30 days before " +
    `\`to\`. At most ${MAX_ROWS} snapshots in one answer; \`next\` says where to go on.`,
  path: z.object({ ticker: tickerInPath }),
  query: periodQuery,
  headers: z.object({ "If-None-Match": z.string().optional() }),
  answers: {
    200: { description: "The snapshots.", body: "MarketConditions", ...WITH_ETAG },
    304: KNOWN_ALREADY,
    400: { description: "A bad, unknown or repeated parameter." },
    404: NOT_FOLLOWED,
  },
};

/** The conditions of a range. */
export async function getConditions(c: RequestContext, services: Services): Promise<Response> {
  const asked = readQuery(c, periodQuery);
  if (!asked.ok) return answerProblem(asked.problem);
  const text = c.req.param("ticker") ?? "";
  const ticker = parseTicker(text);
  const known = ticker && await services.chains.get(ticker);
  if (!known) return answerProblem(unknownTicker(ticker ?? text));
  const { fromMs, toMs } = resolveRange(asked.value, services.clock.nowMs(), 30 * DAY_MS);
  if (isKnownTo(c, `${known.chain.seq}-${fromMs}-${toMs}`)) return c.body(null, 304);
  const { work } = services.database;
  const found = await marketConditions(work, known.ticker, { fromMs, toMs }, MAX_ROWS + 1);
  const { rows, next } = pageOf(found.map(rowOf));
  const answer: ConditionsAnswer = {
    ticker: known.ticker,
    from: toIso(fromMs),
    to: toIso(toMs),
    snapshots: [...rows],
    next,
  };
  return c.json(answer);
}

function rowOf(
  { asOfMs, receivedAtMs, spot, expiries, ...rest }: StoredConditions,
): ConditionsAnswer["snapshots"][number] {
  return {
    ...rest,
    asOf: toIso(asOfMs),
    receivedAt: toIso(receivedAtMs),
    spotPrice: spot,
    expiries: [...expiries],
  };
}
