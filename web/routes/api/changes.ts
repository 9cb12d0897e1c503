/** `GET /api/chains/{ticker}/changes?since=`: what a caller lacks who knows the chain as it was. */
import { z } from "zod";
import { seqAt } from "../../../db/positions.ts";
import { parseTicker } from "../../../options/contract.ts";
import type { ChangesAnswer } from "../../../options/wire/changes.ts";
import { chainRows, chainStateOf } from "../../../options/wire/chain.ts";
import { changesQuery, tickerInPath } from "../../../options/wire/query.ts";
import { contextOf } from "../../live/answers.ts";
import { chainUpTo, changedFrom } from "../../live/past.ts";
import { changedSince } from "../../live/tracked.ts";
import type { Operation } from "../../openapi/operation.ts";
import type { RequestContext, Services, TrackedTicker } from "../../services.ts";
import { isKnownTo } from "./etag.ts";
import { answerProblem, unknownTicker } from "./problems.ts";
import { readQuery } from "./query.ts";
import { KNOWN_ALREADY, NOT_FOLLOWED, WITH_ETAG } from "./say.ts";

/** The description of the call. */
export const getChangesApi: Operation = {
  tag: "chains",
  summary: "The contracts of a chain that changed",
  description:
    "`since` is the `seq` of an answer, or a moment. The rows are whole, and the last-known of now. " +
    "Contracts that have expired are not told of. A position that the ticker never had is answered " +
    "with all contracts (`whole`).",
  path: z.object({ ticker: tickerInPath }),
  query: changesQuery,
  headers: z.object({ "If-None-Match": z.string().optional() }),
  answers: {
    200: { description: "The contracts that changed.", body: "Changes", ...WITH_ETAG },
    304: KNOWN_ALREADY,
    400: { description: "A bad, unknown, repeated or missing parameter." },
    404: NOT_FOLLOWED,
  },
};

/** The contracts that changed since a position or a moment. */
export async function getChanges(c: RequestContext, services: Services): Promise<Response> {
  const asked = readQuery(c, changesQuery);
  if (!asked.ok) return answerProblem(asked.problem);
  const text = c.req.param("ticker") ?? "";
  const ticker = parseTicker(text);
  const known = ticker && await services.chains.get(ticker);
  if (!known) return answerProblem(unknownTicker(ticker ?? text));
  const { since } = asked.value;
  const sinceSeq = "seq" in since
    ? since.seq
    : await seqAt(services.database.work, known.ticker, since.atMs);
  const nowMs = services.clock.nowMs();
  const tag = `${sinceSeq}-${known.chain.seq}-${Math.floor(nowMs / 60_000)}`;
  if (isKnownTo(c, tag)) return c.body(null, 304);
  const { chain } = known;
  const whole = sinceSeq === 0 || sinceSeq > chain.seq;
  const symbols = whole ? chain.contracts.keys() : await changedOf(known, sinceSeq, services);
  const context = contextOf(known, nowMs);
  const answer: ChangesAnswer = {
    ...chainStateOf(chain, context),
    sinceSeq,
    whole,
    contracts: chainRows(chain, symbols, context),
  };
  return c.json(answer);
}

/** What this server saw change; where that does not reach back, what differs from what was known. */
async function changedOf(
  { tracked, ticker }: TrackedTicker,
  seq: number,
  { database }: Services,
): Promise<Iterable<Parameters<typeof tracked.chain.contracts.get>[0]>> {
  return changedSince(tracked, seq) ??
    changedFrom(await chainUpTo(database.work, ticker, seq), tracked.chain);
}
