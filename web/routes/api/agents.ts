/** How the agents are: `GET /api/price-agent/health` and `GET /api/ib-connection/status`. */
import { agentActivity } from "../../../db/agent_activity.ts";
import { agentEvents } from "../../../db/agent_events.ts";
import {
  agentEventOf,
  agentHealthOf,
  type AgentsHealth,
  ibConnectionOf,
  ibConnectionQuery,
} from "../../../options/wire/agents.ts";
import { inTime } from "../../database.ts";
import type { Operation } from "../../openapi/operation.ts";
import type { RequestContext, Services } from "../../services.ts";
import { answerProblem } from "./problems.ts";
import { readQuery } from "./query.ts";

/** The description of the first. */
export const agentsHealthApi: Operation = {
  tag: "agents",
  summary: "How every agent is, what it does and did",
  answers: { 200: { description: "All agents, in order of their names.", body: "AgentsHealth" } },
};

const DAY_MS = 86_400_000;

/** Activity may be looked up in many batches. */
const ACTIVITY_DEADLINE_MS = 5_000;

/** All agents. */
export async function agentsHealth(c: RequestContext, services: Services): Promise<Response> {
  return c.json(await healthOfAgents(services));
}

/** The same, for the page. */
export async function healthOfAgents(services: Services): Promise<AgentsHealth> {
  const { agents, clock, database } = services;
  const [activity, sessions, events] = await Promise.all([
    inTime(clock, agentActivity(database.work), ACTIVITY_DEADLINE_MS),
    agents.agents(),
    inTime(clock, agentEvents(database.quick, DAY_MS)),
  ]);
  const names = new Set(activity.map(({ agent }) => agent));
  const unseen = sessions.filter(({ agent }) => !names.has(agent)).map(({ agent }) => ({
    agent,
    lastSeenAtMs: null,
    updates: 0,
    snapshots: 0,
    averageContracts: null,
    contractsPerHour: 0,
    starts: 0,
    conflicts: 0,
    failureRatio: null,
  }));
  const all = [...activity, ...unseen].sort((a, b) => a.agent.localeCompare(b.agent));
  return {
    agents: all.map((one) => agentHealthOf(one, sessions.find(({ agent }) => agent === one.agent))),
    events: events.map(agentEventOf),
  };
}

/** The description of the second. */
export const ibConnectionApi: Operation = {
  tag: "agents",
  summary: "Whether agents are connected to TWS or IB Gateway",
  description: "What the agents' sessions say, at once. With `probe=1` one agent makes a short " +
    "connection first, with a client ID that is kept for such checks.",
  query: ibConnectionQuery,
  answers: {
    200: { description: "All agents that have a session.", body: "IbConnection" },
    400: { description: "A bad, unknown or repeated parameter." },
  },
};

const PROBE_DEADLINE_MS = 12_000;

/** What sessions say, and a probe where it is asked for. */
export async function ibConnection(c: RequestContext, services: Services): Promise<Response> {
  const query = readQuery(c, ibConnectionQuery);
  if (!query.ok) return answerProblem(query.problem);
  const { agents } = services;
  const probe = query.value.probe === "1" ? await probed(services) : null;
  return c.json(ibConnectionOf(await agents.agents(), probe));
}

async function probed({ agents, clock }: Services) {
  const beganMs = clock.monotonicMs();
  const outcome = await agents.ask({
    kind: "probe",
    subject: "any",
    ticker: null,
    request: { kind: "probe" },
    until: "ended",
    deadlineMs: PROBE_DEADLINE_MS,
  });
  if (outcome.kind === "done" && outcome.result.probe) return outcome.result.probe;
  const message = outcome.kind === "no_agent"
    ? "No agent is connected."
    : outcome.kind === "timeout"
    ? outcome.sentence
    : outcome.kind === "failed"
    ? outcome.result.message
    : "The agent made no connection.";
  const tookMs = Math.round(clock.monotonicMs() - beganMs);
  return { ok: false, clientId: null, serverVersion: null, tookMs, message };
}
