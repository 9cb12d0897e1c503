/** What the API says of agents: `/api/price-agent/health` and `/api/ib-connection/status`. */
import { z } from "zod";
import { AGENT_STATES, type AgentState, sentenceOfState } from "../agent_state.ts";
import { type AgentStatus, gatewayStatus, tickerStatus } from "./agent_status.ts";
import { toIso } from "./instant.ts";

const time = z.string().nullable();

/** One agent, as the server knows it. */
export const agentHealth = z.object({
  agentId: z.string(),
  connected: z.boolean().describe("whether it has a session with a server"),
  feedAlive: z.boolean().describe("whether prices reach it"),
  state: z.enum([...AGENT_STATES, "offline"]),
  sentence: z.string().describe("what is so, and what to do"),
  version: z.string().nullable(),
  startedAt: time,
  lastSeenAt: time,
  leases: z.array(z.string()).describe("tickers that the server has it read"),
  updates: z.number().int().describe("updates and snapshots of the last day"),
  snapshots: z.number().int().describe("of the last day"),
  averageContracts: z.number().nullable(),
  contractsPerHour: z.number(),
  starts: z.number().int().describe("of the last week"),
  conflicts: z.number().int(),
  failureRatio: z.number().nullable().describe("of the reads of the last week"),
  spoolDepth: z.number().int().nullable().describe("snapshots that wait to be sent"),
  gateway: gatewayStatus.nullable(),
  tickers: z.array(tickerStatus),
});

/** Something that an agent told of itself and that was news. */
export const agentEvent = z.object({
  at: z.string(),
  agentId: z.string(),
  event: z.enum(["session", "state"]).describe("session: it connected to a server"),
  state: z.string(),
  sentence: z.string(),
  detail: z.string().nullable().describe("what the state is about; of a session, the version"),
});

/** `GET /api/price-agent/health`. */
export const agentsHealthAnswer = z.object({
  agents: z.array(agentHealth),
  events: z.array(agentEvent).describe("of the last day, the newest first, at most 200"),
});

/** How every agent is. */
export type AgentsHealth = z.infer<typeof agentsHealthAnswer>;

/** Makes the answer's event. */
export function agentEventOf(
  { atMs, agent, event, state, detail }: {
    readonly atMs: number;
    readonly agent: string;
    readonly event: "session" | "state";
    readonly state: string;
    readonly detail: string | null;
  },
): z.infer<typeof agentEvent> {
  const known = AGENT_STATES.find((one) => one === state);
  const sentence = event === "session"
    ? `The agent connected${detail === null ? "" : `, version ${detail}`}.`
    : known === undefined
    ? `The agent is ${state}.`
    : sentenceOfState(known);
  return { at: toIso(atMs), agentId: agent, event, state, sentence, detail };
}

/** What is known of an agent's activity. */
export interface ActivityFacts {
  readonly agent: string;
  readonly lastSeenAtMs: number | null;
  readonly updates: number;
  readonly snapshots: number;
  readonly averageContracts: number | null;
  readonly contractsPerHour: number;
  readonly starts: number;
  readonly conflicts: number;
  readonly failureRatio: number | null;
}

/** What is known of an agent's session. */
export interface SessionFacts {
  readonly agent: string;
  readonly version: string | null;
  readonly isThere: boolean;
  readonly feedAlive: boolean;
  readonly status: AgentStatus | null;
  readonly startedAtMs: number;
  readonly seenAtMs: number;
  readonly leases: readonly string[];
}

const OFFLINE = "The agent has no session with the server: is it running, and does it reach it?";

/** One agent's answer. */
export function agentHealthOf(
  activity: ActivityFacts,
  session: SessionFacts | undefined,
): z.infer<typeof agentHealth> {
  const { agent, lastSeenAtMs, ...counts } = activity;
  const state: AgentState | "offline" = session?.isThere
    ? session.status?.gateway.state ?? "connecting"
    : "offline";
  const seenAtMs = session?.seenAtMs ?? lastSeenAtMs;
  return {
    agentId: agent,
    connected: session?.isThere ?? false,
    feedAlive: (session?.isThere && session.feedAlive) ?? false,
    state,
    sentence: state === "offline" ? OFFLINE : sentenceOfState(state),
    version: session?.version ?? null,
    startedAt: session ? toIso(session.startedAtMs) : null,
    lastSeenAt: seenAtMs === null ? null : toIso(seenAtMs),
    leases: [...session?.leases ?? []],
    ...counts,
    spoolDepth: session?.status?.spool.waiting ?? null,
    gateway: session?.status?.gateway ?? null,
    tickers: [...session?.status?.tickers ?? []],
  };
}

/** `GET /api/ib-connection/status`. */
export const ibConnectionAnswer = z.object({
  connected: z.boolean().describe("whether any agent is connected to its gateway"),
  agents: z.array(z.object({
    agentId: z.string(),
    connected: z.boolean().describe("to its gateway"),
    state: z.enum(AGENT_STATES),
    sentence: z.string(),
    clientId: z.number().int().nullable(),
    serverVersion: z.number().int().nullable(),
    lastSeenAt: z.string(),
  })),
  probe: z.object({
    ok: z.boolean(),
    clientId: z.number().int().nullable(),
    serverVersion: z.number().int().nullable(),
    tookMs: z.number().int(),
    message: z.string(),
  }).nullable().describe("a short connection that one agent made for this answer"),
});

/** Makes the answer. */
export function ibConnectionOf(
  sessions: readonly SessionFacts[],
  probe: z.infer<typeof ibConnectionAnswer>["probe"],
): z.infer<typeof ibConnectionAnswer> {
  const agents = sessions.filter(({ isThere }) => isThere).map((session) => {
    const gateway = session.status?.gateway;
    const state = gateway?.state ?? "connecting";
    return {
      agentId: session.agent,
      connected: gateway?.connected ?? false,
      state,
      sentence: sentenceOfState(state),
      clientId: gateway?.clientId ?? null,
      serverVersion: gateway?.serverVersion ?? null,
      lastSeenAt: toIso(session.seenAtMs),
    };
  });
  return { connected: agents.some(({ connected }) => connected), agents, probe };
}

/** What is asked of `/api/ib-connection/status`. */
export const ibConnectionQuery = z.strictObject({
  probe: z.enum(["0", "1"]).default("0")
    .describe("1: one agent makes a short connection with an ID of the status checks"),
});
