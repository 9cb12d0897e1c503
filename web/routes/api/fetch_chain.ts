/** `POST /api/ma-options/fetch-chain`: the last-known chain, as the first version asked for it. */
import { type Problem, problem } from "../../../base/problem.ts";
import { REASON_OF_STATE } from "../../../options/agent_state.ts";
import { parseTicker, type Ticker } from "../../../options/contract.ts";
import { fetchChainBody } from "../../../options/wire/fetch_chain.ts";
import { readJsonBody } from "../../ingest/body.ts";
import { answerOf } from "../../live/answers.ts";
import type { Operation } from "../../openapi/operation.ts";
import type { RequestContext, Services, TrackedTicker } from "../../services.ts";
import { answerProblem, nothingKnown, unknownTicker } from "./problems.ts";
import { NOT_FOLLOWED } from "./say.ts";

/** The description of the call. */
export const fetchChainApi: Operation = {
  tag: "chains",
  summary: "The last-known chain, as the first version asked for it",
  body: "FetchChainBody",
  answers: {
    200: { description: "The chain.", body: "Chain" },
    400: { description: "The body is no JSON, or fields are bad." },
    404: NOT_FOLLOWED,
    408: { description: "The body did not arrive in time." },
    413: { description: "The body is too large." },
    415: {
      description: "The body is of another type than JSON, or of another encoding than gzip.",
    },
    503: {
      description:
        "Nothing was ever known of the ticker and no agent is connected (`requiresAgent`), or the database is away (`Retry-After`).",
    },
    504: {
      description:
        "Nothing was ever known of the ticker, and the agent that was asked brought no price in time: `agentState`, `reason` and `detail` say how it is.",
    },
  },
};

/** How long an answer waits for an agent that was asked. */
export const ASK_DEADLINE_MS = 15_000;

/** Anything that is known: 200. Nothing ever known: an agent is asked, where one is there. */
export async function fetchChain(c: RequestContext, services: Services): Promise<Response> {
  const asked = await askedTicker(c, services);
  if (!asked.ok) return answerProblem(asked.problem);
  const { known } = asked;
  if (known.chain.contracts.size > 0) return c.json(answerOf(known, services.clock.nowMs()));
  return await askFirst(c, services, known.ticker);
}

/** The description of `POST /options/chain`. */
export const optionsChainApi: Operation = {
  ...fetchChainApi,
  summary: "The chain, after an agent was asked to read it now",
  description:
    "Answered when the agent's first contracts are stored, or after 15 s with what is known.",
};

/** The same, but an agent is always asked first; what is known is the answer where that is in vain. */
export async function optionsChain(c: RequestContext, services: Services): Promise<Response> {
  const asked = await askedTicker(c, services);
  if (!asked.ok) return answerProblem(asked.problem);
  return await askFirst(c, services, asked.known.ticker);
}

type Asked =
  | { readonly ok: true; readonly known: TrackedTicker }
  | { readonly ok: false; readonly problem: Problem };

async function askedTicker(c: RequestContext, { chains, clock }: Services): Promise<Asked> {
  const read = await readJsonBody(c.req.raw, clock);
  if (!read.ok) return read;
  const body = fetchChainBody.safeParse(read.value);
  if (!body.success) {
    const errors = body.error.issues.map((issue) => ({
      path: issue.path.join(".") || "body",
      message: issue.message,
    }));
    return { ok: false, problem: problem(400, "invalid-body", "Invalid request body", { errors }) };
  }
  const ticker = parseTicker(body.data.ticker);
  const known = ticker && await chains.get(ticker);
  if (known) return { ok: true, known };
  return { ok: false, problem: unknownTicker(ticker ?? body.data.ticker) };
}

/** Has an agent read the chain, and answers with what is known then. */
async function askFirst(c: RequestContext, services: Services, ticker: Ticker): Promise<Response> {
  const { agents, chains, clock } = services;
  const outcome = await agents.ask({
    kind: "read",
    subject: ticker,
    ticker,
    request: { kind: "read", ticker },
    until: "first",
    deadlineMs: ASK_DEADLINE_MS,
  });
  const known = await chains.get(ticker);
  if (!known) return answerProblem(unknownTicker(ticker));
  if (known.chain.contracts.size > 0) return c.json(answerOf(known, clock.nowMs()));
  if (outcome.kind === "no_agent") return answerProblem(nothingKnown(ticker));
  const state = outcome.kind === "timeout" ? outcome.state : null;
  const detail = outcome.kind === "timeout"
    ? outcome.sentence
    : outcome.kind === "failed"
    ? outcome.result.message
    : `The agent read ${ticker}, and the gateway had no contract with a price.`;
  return answerProblem(
    problem(504, "agent-timeout", "The agent brought no price in time", {
      detail,
      ticker,
      agentState: state,
      reason: state === null ? null : REASON_OF_STATE[state],
    }),
  );
}
