/** `/api/price-agent/session`: an agent's WebSocket (`options/wire/session.ts`). */
import { problem } from "../../../base/problem.ts";
import type { ValidKey } from "../../../db/keys.ts";
import { noRoom } from "../../limits/limits.ts";
import type { RequestContext, Services } from "../../services.ts";
import { answerProblem } from "./problems.ts";

/** A line over which nothing comes back for so long, pings included, is dead. */
const IDLE_TIMEOUT_S = 30;

/** Upgrades the connection of an agent. */
export function session(c: RequestContext, { sessions }: Services, key: ValidKey): Response {
  if (c.req.header("upgrade")?.toLowerCase() !== "websocket") {
    const detail = "This address speaks WebSocket only (docs/api.md).";
    return answerProblem(problem(426, "upgrade-required", "Upgrade required", { detail }));
  }
  if (sessions.isFull) {
    return answerProblem(noRoom("As many agents are here as there is room for."));
  }
  try {
    const { socket, response } = Deno.upgradeWebSocket(c.req.raw, { idleTimeout: IDLE_TIMEOUT_S });
    sessions.open(socket, key);
    return response;
  } catch (error) {
    // So Deno refuses a handshake that lacks what RFC 6455, section 4.2.1, asks for.
    if (!(error instanceof TypeError)) throw error;
    return answerProblem(problem(400, "bad-handshake", "Bad handshake", { detail: error.message }));
  }
}
