/** `GET /api/chains/{ticker}`: the last-known chain, as it is, as it was, or at each step of a range. */
import { z } from "zod";
import { seqAt, seqsAt } from "../../../db/positions.ts";
import type { LastKnownChain } from "../../../options/chain.ts";
import { parseTicker, type Ticker } from "../../../options/contract.ts";
import { chainAnswer } from "../../../options/wire/chain.ts";
import type { ChainRangeHead } from "../../../options/wire/history.ts";
import { toIso } from "../../../options/wire/instant.ts";
import { chainQuery, tickerInPath } from "../../../options/wire/query.ts";
import { answerOf } from "../../live/answers.ts";
import { agentOnlineAt, chainOnTo, chainUpTo } from "../../live/past.ts";
import type { Operation } from "../../openapi/operation.ts";
import type { RequestContext, Services, TrackedTicker } from "../../services.ts";
import { isKnownTo } from "./etag.ts";
import { answerProblem, nothingKnown, unknownTicker } from "./problems.ts";
import { readQuery } from "./query.ts";
import { DAY_MS, resolveRange } from "./range.ts";
import { KNOWN_ALREADY, NOT_FOLLOWED, WITH_ETAG } from "./say.ts";

/** Chains in one answer: a trading day, every five minutes. */
export const MAX_CHAINS = 100;

const DEFAULT_STEP_MS = 3_600_000;

/** The description of `GET /api/chains/{ticker}`. */
export const getChainApi: Operation = {
  tag: "chains",
  summary: "The last-known chain, now or then",
  description:
    "Now; with `at`, as it was known at a moment (what had been received by then), with ages as " +
    "they were; with any of `from`, `to` and `step`, as it was known at `from` and at every step " +
    `after it up to \`to\` or now: at most ${MAX_CHAINS} chains in one answer, \`next\` says where to go on. ` +
    "With `at`, the others are not looked at. A moment to come counts as now. Without `to` the range " +
    "ends with this minute; without `from`, it begins a day before `to`; without `step`, 1h.",
  path: z.object({ ticker: tickerInPath }),
  query: chainQuery,
  headers: z.object({ "If-None-Match": z.string().optional() }),
  answers: {
    200: {
      description: "The chain, or the chains of a range.",
      body: "ChainOrRange",
      ...WITH_ETAG,
    },
    304: KNOWN_ALREADY,
    400: { description: "A bad, unknown or repeated parameter." },
    404: NOT_FOLLOWED,
    503: {
      description: "Nothing was ever known of the ticker, or the database is away (`Retry-After`).",
    },
  },
};

/**
 * The chain; 503 where nothing was ever known and no moment is asked for. Its ETag changes with the
 * position and with the minute, since ages are part of the answer.
 */
export async function getChain(c: RequestContext, services: Services): Promise<Response> {
  const text = c.req.param("ticker") ?? "";
  const asked = readQuery(c, chainQuery);
  if (!asked.ok) return answerProblem(asked.problem);
  const ticker = parseTicker(text);
  const known = ticker && await services.chains.get(ticker);
  if (!known) return answerProblem(unknownTicker(ticker ?? text));
  const nowMs = services.clock.nowMs();
  const { at, ...range } = asked.value;
  if (at !== undefined) return await chainAt(c, services, known, Math.min(at, nowMs));
  if (Object.keys(range).length > 0) {
    const { stepMs = DEFAULT_STEP_MS, ...period } = resolveRange(range, nowMs, DAY_MS);
    return await chainRange(c, services, known, { ...period, stepMs });
  }
  if (known.chain.contracts.size === 0) return answerProblem(nothingKnown(known.ticker));
  if (isKnownTo(c, `${known.chain.seq}-${Math.floor(nowMs / 60_000)}`)) return c.body(null, 304);
  return c.json(answerOf(known, nowMs));
}

async function chainAt(
  c: RequestContext,
  { database: { work } }: Services,
  known: TrackedTicker,
  atMs: number,
): Promise<Response> {
  const seq = await seqAt(work, known.ticker, atMs);
  if (isKnownTo(c, `${seq}-${atMs}`)) return c.body(null, 304);
  return c.json(answerAt(known, await chainUpTo(work, known.ticker, seq), atMs));
}

function answerAt({ ticker, deal }: TrackedTicker, chain: LastKnownChain, atMs: number) {
  return chainAnswer(chain, {
    nowMs: atMs,
    ticker,
    dealId: deal?.id ?? null,
    agentOnline: agentOnlineAt(chain, atMs),
  });
}

interface Steps {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
}

async function chainRange(
  c: RequestContext,
  { clock, database: { work } }: Services,
  known: TrackedTicker,
  { fromMs, toMs, stepMs }: Steps,
): Promise<Response> {
  const endMs = Math.min(toMs, clock.nowMs());
  const count = Math.max(0, Math.floor((endMs - fromMs) / stepMs) + 1);
  const points = Array.from(
    { length: Math.min(count, MAX_CHAINS) },
    (_, n) => fromMs + n * stepMs,
  );
  const seqs = await seqsAt(work, known.ticker, points);
  const tag = [seqs.at(-1) ?? 0, count, fromMs, toMs, stepMs].join("-");
  if (isKnownTo(c, tag)) return c.body(null, 304);
  const head: ChainRangeHead = {
    ticker: known.ticker,
    from: toIso(fromMs),
    to: toIso(toMs),
    stepSeconds: stepMs / 1_000,
    next: count > points.length ? toIso(fromMs + points.length * stepMs) : null,
  };
  const chains = chainsAt(work, known.ticker, seqs);
  // The first is read before the answer begins, so that a database that is away is still a 503.
  const first = await chains.next();
  async function* text(): AsyncGenerator<string, void, void> {
    yield `${JSON.stringify(head).slice(0, -1)},"chains":[`;
    let chain = first;
    for (let n = 0; !chain.done; n++) {
      const atMs = points[n] ?? NaN;
      const one = { at: toIso(atMs), chain: answerAt(known, chain.value, atMs) };
      yield (n === 0 ? "" : ",") + JSON.stringify(one);
      chain = await chains.next();
    }
    yield "]}";
  }
  const body = ReadableStream.from(text()).pipeThrough(new TextEncoderStream());
  c.header("Content-Type", "application/json");
  return c.body(body);
}

async function* chainsAt(
  sql: Services["database"]["work"],
  ticker: Ticker,
  seqs: readonly number[],
): AsyncGenerator<LastKnownChain, void, void> {
  let chain: LastKnownChain | undefined;
  for (const seq of seqs) {
    if (!chain) chain = await chainUpTo(sql, ticker, seq);
    else if (seq > chain.seq) chain = await chainOnTo(sql, ticker, chain, seq);
    yield chain;
  }
}
