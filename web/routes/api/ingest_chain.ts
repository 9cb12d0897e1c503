/** `POST /api/price-agent/ingest-chain`: an agent's chain comes in. */
import { ingest } from "../../ingest/ingest.ts";
import type { RequestContext, Services } from "../../services.ts";
import { answerProblem } from "./problems.ts";

/** Stores a chain, or answers with the first check it failed (`docs/api.md`). */
export async function ingestChain(c: RequestContext, services: Services): Promise<Response> {
  const outcome = await ingest(c.req.raw, services);
  return outcome.ok ? c.json(outcome.answer) : answerProblem(outcome.problem);
}
