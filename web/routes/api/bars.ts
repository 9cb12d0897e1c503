/** `GET /api/contracts/{instrument}/bars`: historical bars, from the database or through an agent. */
import { z } from "zod";
import { type Problem, problem } from "../../../base/problem.ts";
import {
  type BarSeries,
  durationBeginMs,
  MAX_BARS,
  mostBarsOf,
  type TimeSpan,
} from "../../../options/bars.ts";
import { type OccSymbol, parseOcc, parseTicker, type Ticker } from "../../../options/contract.ts";
import { barsAnswerOf, barsQuery, instrumentInPath } from "../../../options/wire/bars.ts";
import type { FoundBars } from "../../bars/desk.ts";
import type { Operation } from "../../openapi/operation.ts";
import type { Chains, RequestContext, Services } from "../../services.ts";
import { tickerWith } from "./known_contract.ts";
import { answerProblem } from "./problems.ts";
import { readQuery } from "./query.ts";

/** The description of the call. */
export const getBarsApi: Operation = {
  tag: "history",
  summary: "Historical bars of a contract or an underlying, as IB has them",
  description:
    "What was read before is in the database, and given whether or not an agent is there; what was not, " +
    "an agent is asked for, paced by IB's rules, and it is kept. The bar that is not over is read again, at " +
    "most once a minute. At most the newest 20,000 bars are answered; `from` says where they begin. `gaps` are the times of which nothing is known, `reason` says why.",
  path: z.object({ occ: instrumentInPath }),
  query: barsQuery,
  answers: {
    200: { description: "The bars.", body: "Bars" },
    400: { description: "A bad, unknown or repeated parameter." },
    404: { description: "The path names nothing of a ticker that is followed." },
  },
};

/** The bars of a span that ends now, or at `end`. */
export async function getBars(c: RequestContext, services: Services): Promise<Response> {
  const query = readQuery(c, barsQuery);
  if (!query.ok) return answerProblem(query.problem);
  const text = c.req.param("occ") ?? "";
  const instrument = await followed(text, services.chains);
  if (!instrument) return answerProblem(unknownInstrument(text));
  const { what, bar, duration, end } = query.value;
  const series: BarSeries = { instrument, what, bar, rth: query.value.rth === "1" };
  const toMs = Math.min(end ?? Infinity, services.clock.nowMs());
  const span = answered(durationBeginMs(duration, toMs) ?? 0, toMs, series);
  const found = await services.bars.find(series, span);
  return c.json(barsAnswerOf(series, span, { ...found, reason: reasonOf(found) }));
}

/** A contract of a chain that is followed, one that expired included, or a followed ticker. */
async function followed(text: string, chains: Chains): Promise<OccSymbol | Ticker | undefined> {
  const contract = parseOcc(text.toUpperCase());
  const ticker = parseTicker(contract?.root ?? text);
  const known = contract && await tickerWith(contract, chains);
  if (known) return contract.occ;
  const own = ticker && await chains.get(ticker);
  return own && (contract?.occ ?? own.ticker);
}

function reasonOf({ asked }: FoundBars): string | null {
  if (asked === null || asked.kind === "done") return null;
  return asked.kind === "no_agent" ? "No agent is connected." : asked.message;
}

function unknownInstrument(text: string): Problem {
  return problem(404, "unknown-instrument", "Instrument is not known", {
    detail: `${
      text.slice(0, 40)
    } is neither a ticker that is a deal or watched, nor a contract of one.`,
  });
}

/** The newest part of a span that one answer has room for; its `from` says where it begins. */
function answered(beginMs: number, toMs: number, series: BarSeries): TimeSpan {
  const fromMs = Math.max(0, Math.min(beginMs, toMs));
  const most = mostBarsOf({ fromMs, toMs }, series);
  if (most <= MAX_BARS) return { fromMs, toMs };
  return { fromMs: Math.ceil(toMs - (toMs - fromMs) * MAX_BARS / most), toMs };
}
