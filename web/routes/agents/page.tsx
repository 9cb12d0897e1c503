/** `/agents`: how the agents are, what happened to them, and their keys. */
import { listKeys, type MadeKey } from "../../../db/keys.ts";
import { mayAct } from "../../auth/roles.ts";
import { Keys } from "../../components/agents/Keys.tsx";
import { htmlResponse, Page } from "../../components/Page.tsx";
import { inTime } from "../../database.ts";
import AgentsView from "../../islands/AgentsView.tsx";
import type { RequestContext, Services } from "../../services.ts";
import { healthOfAgents } from "../api/agents.ts";

/** Answers the page. */
export async function agentsPage(c: RequestContext, services: Services): Promise<Response> {
  return await answerAgents(c, services, null);
}

/** The page with a key that was just made. */
export async function answerAgents(
  c: RequestContext,
  services: Services,
  made: MadeKey | null,
): Promise<Response> {
  const { clock, database } = services;
  const [health, keys] = await Promise.all([
    healthOfAgents(services),
    mayAct(c, services, "operator") ? inTime(clock, listKeys(database.quick)) : null,
  ]);
  // Agents and keys go by real time, which an installation that replays the past is apart from.
  const realNowMs = Date.now();
  return htmlResponse(
    <Page title="Agents" here="agents" island="AgentsView">
      <h1>Agents</h1>
      <AgentsView realNowMs={realNowMs} health={health} />
      {keys ? <Keys keys={keys} made={made} realNowMs={realNowMs} /> : null}
    </Page>,
    { request: c.req.raw, services, user: c.get("visitor")?.user.email },
  );
}
