/** `/api/price-agent/session`: an agent's WebSocket (`options/wire/session.ts`). */
import { problem } from "../../../base/problem.ts";
import { agentKeyOf } from "../../auth/agent_key.ts";
import type { RequestContext, Services } from "../../services.ts";
import { answerProblem } from "./problems.ts";

/** A line over which nothing comes back for so long, pings included, is dead. */
const IDLE_TIMEOUT_S = 30;

/** Upgrades the connection of an agent whose key is good. */
export async function session(c: RequestContext, services: Services): Promise<Response> {
  const found = await agentKeyOf(c.req.header("authorization"), services);
  if (!found.ok) return answerProblem(found.problem);
  if (c.req.header("upgrade")?.toLowerCase() !== "websocket") {
    const detail = "This address speaks WebSocket only (docs/api.md).";
    return answerProblem(problem(426, "upgrade-required", "Upgrade required", { detail }));
  }
  try {
    const { socket, response } = Deno.upgradeWebSocket(c.req.raw, { idleTimeout: IDLE_TIMEOUT_S });
    services.openSession(socket, found.key);
    return response;
  } catch (error) {
    // So Deno refuses a handshake that lacks what RFC 6455, section 4.2.1, asks for.
    if (!(error instanceof TypeError)) throw error;
    return answerProblem(problem(400, "bad-handshake", "Bad handshake", { detail: error.message }));
  }
}
