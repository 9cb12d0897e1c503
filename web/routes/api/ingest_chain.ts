/** `POST /api/price-agent/ingest-chain`: an agent's chain comes in. */
import { ingest } from "../../ingest/ingest.ts";
import { bodyRoom, noRoom } from "../../limits/limits.ts";
import type { ValidKey } from "../../../db/keys.ts";
import type { RequestContext, Services } from "../../services.ts";
import { answerProblem } from "./problems.ts";

/** Stores a chain, or answers with the first check it failed (`docs/api.md`). */
export async function ingestChain(
  c: RequestContext,
  services: Services,
  key: ValidKey,
): Promise<Response> {
  const leave = await services.limits.bodies.enter(bodyRoom(c.req.raw.headers));
  if (!leave) return answerProblem(noRoom("The server is reading as many bodies as it can hold."));
  try {
    const outcome = await ingest(c.req.raw, key, services);
    return outcome.ok ? c.json(outcome.answer) : answerProblem(outcome.problem);
  } finally {
    leave();
  }
}
