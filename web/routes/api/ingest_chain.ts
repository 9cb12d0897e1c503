/** `POST /api/price-agent/ingest-chain`: an agent's chain comes in. */
import type { Problem } from "../../../base/problem.ts";
import { problemResponse } from "../../../base/problem.ts";
import { ingest } from "../../ingest/ingest.ts";
import type { Handler } from "../../services.ts";

/** Stores a chain, or answers with the first check it failed (`docs/api.md`). */
export const ingestChain: Handler = async (c, services) => {
  const outcome = await ingest(c.req.raw, services);
  if (outcome.ok) return c.json(outcome.answer);
  return problemResponse(outcome.problem, headersOf(outcome.problem));
};

function headersOf(problem: Problem): HeadersInit {
  if (problem.status === 401) return { "WWW-Authenticate": 'Bearer realm="lastmark"' };
  const retryAfter = problem["retryAfter"];
  return typeof retryAfter === "number" ? { "Retry-After": String(retryAfter) } : {};
}
