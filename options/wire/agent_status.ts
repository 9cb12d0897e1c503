/**
 * What an agent tells of itself: on its session to the server, on its own `/health`, and in what
 * the server shows of all agents. Times are real time in milliseconds; `null` is "not so far".
 */
import { z } from "zod";
import { AGENT_STATES } from "../agent_state.ts";

const atMs = z.number().int().nonnegative().nullable();
const count = z.number().int().nonnegative();

/** The longest text of a status; a gateway may say more. */
export const MAX_STATUS_TEXT = 500;
const text = z.string().max(MAX_STATUS_TEXT);

/** How the agent gets along with its gateway. */
export const gatewayStatus = z.object({
  state: z.enum(AGENT_STATES),
  sinceMs: z.number().int().nonnegative().describe("since when the state is this one"),
  detail: text.nullable().describe("what the state is about: a code, an ID, a farm"),
  connected: z.boolean(),
  address: z.string().max(300).optional().describe("host and port; absent from older agents"),
  clientId: z.number().int().nonnegative().describe("the client ID in use, or the one tried"),
  serverVersion: z.number().int().nullable(),
  lastDisconnectAtMs: atMs,
  lastDisconnectReason: text.nullable(),
  lastIbError: z.object({
    atMs: z.number().int().nonnegative(),
    code: z.number().int(),
    message: text,
  }).nullable(),
  lastReconnectAttemptAtMs: atMs,
  lastReconnectError: text.nullable(),
  reconnectAttempts: count,
  reconnectFailures: count,
  lastHeartbeatAtMs: atMs.describe("the last answer to reqCurrentTime"),
  lastHeartbeatError: text.nullable(),
  heartbeatFailures: count,
  lastTickAtMs: atMs.describe("the last price that any subscription brought"),
  lines: z.object({ used: count, limit: count }).describe("market-data lines"),
  messageRate: count.describe("messages sent to the gateway in the last second"),
});

/** How the agent gets along with its gateway, at one moment. */
export type GatewayStatus = z.infer<typeof gatewayStatus>;

/** A ticker that the agent has to do with. */
export const tickerStatus = z.object({
  ticker: z.string().max(32),
  state: z.enum(AGENT_STATES).describe("of this ticker: the gateway's, or standby, mute …"),
  reading: z.object({ done: count, total: count }).nullable(),
  streaming: z.boolean(),
  lastReadAtMs: atMs.describe("domain time"),
  lastReadSeconds: z.number().nonnegative().nullable().optional()
    .describe("how long it took; absent from older agents"),
  contracts: count.nullable().describe("of the last whole read"),
  missing: count.nullable(),
});

/** A ticker that the agent has to do with, at one moment. */
export type TickerStatus = z.infer<typeof tickerStatus>;

/** Tickers one status may name. */
export const MAX_STATUS_TICKERS = 200;

/** All an agent tells of itself. */
export const agentStatus = z.object({
  gateway: gatewayStatus,
  tickers: z.array(tickerStatus).max(MAX_STATUS_TICKERS),
  spool: z.object({
    waiting: count,
    parked: count,
    rejected: count,
    dropped: count.describe("snapshots lost to a full spool or a damaged one"),
    bytes: count,
    durable: z.boolean().describe("false where the disk cannot be written"),
  }),
  counts: z.object({
    started: count.describe("reads begun"),
    read: count.describe("chains read whole"),
    failed: count.describe("reads that ended without a chain"),
    conflicts: count,
    muteFound: count.describe("subscriptions that were found mute"),
  }),
});

/** All an agent tells of itself, at one moment. */
export type AgentStatus = z.infer<typeof agentStatus>;
