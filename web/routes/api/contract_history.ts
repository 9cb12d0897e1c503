/** `GET /api/contracts/{occ}/history`: the quotes of one contract, by `asOf`. */
import { z } from "zod";
import { contractHistory as quotesInHistory } from "../../../db/contract_history.ts";
import { type Contract, parseOcc } from "../../../options/contract.ts";
import { problem } from "../../../base/problem.ts";
import {
  type ContractHistoryAnswer,
  isOtherStep,
  type QuoteRow,
  quoteRowOf,
} from "../../../options/wire/history.ts";
import { toIso } from "../../../options/wire/instant.ts";
import { occInPath, rangeQuery } from "../../../options/wire/query.ts";
import type { Operation } from "../../openapi/operation.ts";
import type { RequestContext, Services, TrackedTicker } from "../../services.ts";
import { isKnownTo } from "./etag.ts";
import { tickerWith } from "./known_contract.ts";
import { answerProblem } from "./problems.ts";
import { readQuery } from "./query.ts";
import { DAY_MS, MAX_ROWS, pageOf, type Range, resolveRange } from "./range.ts";
import { KNOWN_ALREADY, WITH_ETAG } from "./say.ts";

/** The description of the call. */
export const contractHistoryApi: Operation = {
  tag: "history",
  summary: "The quotes of one contract",
  description:
    "From every snapshot of the range that lists the contract, as it was read, in the order of " +
    "`asOf`; `step` keeps the last of each such length (counted from 1970 UTC). Without `to` the range ends with this " +
    `minute; without \`from\`, it begins 30 days before \`to\`. At most ${MAX_ROWS} rows in one answer; \`next\` says ` +
    "where to go on.",
  path: z.object({ occ: occInPath }),
  query: rangeQuery,
  headers: z.object({ "If-None-Match": z.string().optional() }),
  answers: {
    200: { description: "The quotes.", body: "ContractHistory", ...WITH_ETAG },
    304: KNOWN_ALREADY,
    400: { description: "A bad, unknown or repeated parameter." },
    404: { description: "The path names no contract, or no ticker that is followed has it." },
  },
};

/** The quotes of a range; 404 where no ticker that is followed has the contract. */
export async function contractHistory(c: RequestContext, services: Services): Promise<Response> {
  const asked = readQuery(c, rangeQuery);
  if (!asked.ok) return answerProblem(asked.problem);
  const text = c.req.param("occ") ?? "";
  const contract = parseOcc(text.toUpperCase());
  const known = contract && await tickerWith(contract, services.chains);
  if (!known) return answerProblem(unknownContract(contract?.occ ?? text));
  const nowMs = services.clock.nowMs();
  const range = resolveRange(asked.value, nowMs, 30 * DAY_MS);
  if (isKnownTo(c, [known.chain.seq, ...Object.values(range)].join("-"))) return c.body(null, 304);
  const { rows, next } = pageOf(await quotesOf(services, known, contract, range));
  const { occ: symbol, root, expiry, strike, right } = contract;
  const answer: ContractHistoryAnswer = {
    symbol,
    ticker: known.ticker,
    root,
    expiry,
    strike,
    right,
    from: toIso(range.fromMs),
    to: toIso(range.toMs),
    stepSeconds: range.stepMs === undefined ? null : range.stepMs / 1_000,
    quotes: [...rows],
    next,
  };
  return c.json(answer);
}

/** One row more than a page has, where there are so many. */
async function quotesOf(
  { database }: Services,
  { ticker }: TrackedTicker,
  { occ }: Contract,
  { fromMs, toMs, stepMs }: Range,
): Promise<QuoteRow[]> {
  const rows: QuoteRow[] = [];
  let lastMs: number | undefined;
  const said = quotesInHistory(database.work, { ticker, occ }, { fromMs, toMs });
  for await (const one of said) {
    if (one.mode !== "snapshot") continue;
    const keeps = stepMs === undefined || lastMs === undefined ||
      isOtherStep(lastMs, one.asOfMs, stepMs);
    if (!keeps) rows.pop();
    rows.push(quoteRowOf(one));
    lastMs = one.asOfMs;
    if (rows.length > MAX_ROWS) break;
  }
  return rows;
}

function unknownContract(text: string) {
  return problem(404, "unknown-contract", "Contract is not known", {
    detail: `${text.slice(0, 40)} is no contract of a ticker that is a deal or watched.`,
  });
}
