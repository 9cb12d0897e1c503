/** `/api/live`: a WebSocket that tells of new prices (`options/wire/live.ts`). */
import { problem } from "../../../base/problem.ts";
import { noRoom } from "../../limits/limits.ts";
import type { RequestContext, Services } from "../../services.ts";
import { answerProblem } from "./problems.ts";

/** A line over which nothing comes back for so long, pings included, is dead. */
const IDLE_TIMEOUT_S = 30;

/** Upgrades the connection. */
export async function live(
  c: RequestContext,
  { openLive, limits, door }: Services,
): Promise<Response> {
  if (c.req.header("upgrade")?.toLowerCase() !== "websocket") {
    const detail = "This address speaks WebSocket only (docs/api.md).";
    return answerProblem(problem(426, "upgrade-required", "Upgrade required", { detail }));
  }
  const leave = await limits.live.enter(1);
  if (!leave) return answerProblem(noRoom("As many pages are open as this server has lines for."));
  try {
    const { socket, response } = Deno.upgradeWebSocket(c.req.raw, { idleTimeout: IDLE_TIMEOUT_S });
    socket.addEventListener("close", leave);
    const visitor = c.get("visitor");
    if (door.kind === "sign_in" && visitor) door.users.watch(socket, visitor);
    openLive(socket);
    return response;
  } catch (error) {
    leave();
    // So Deno refuses a handshake that lacks what RFC 6455, section 4.2.1, asks for.
    if (!(error instanceof TypeError)) throw error;
    return answerProblem(problem(400, "bad-handshake", "Bad handshake", { detail: error.message }));
  }
}
