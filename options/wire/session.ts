/**
 * The messages of `/api/price-agent/session`, the WebSocket that each agent keeps to the server; it
 * speaks JSON. An agent says who it is, then every so often that it is there, what it reads, whether
 * its feed is alive and how it gets along with its gateway; the server asks it to read. Fields that
 * are not known are ignored, so that versions can differ.
 */
import { z } from "zod";
import { BAR_KINDS, BAR_LENGTHS } from "../bars.ts";
import { parseTicker } from "../contract.ts";
import { agentStatus } from "./agent_status.ts";
import { agentId } from "./ingest_schema.ts";

/** Tickers one heartbeat may name. */
export const MAX_HEARTBEAT_TICKERS = 1_000;

/** The longest message an agent may send, in UTF-16 code units. */
export const MAX_SESSION_MESSAGE = 64 * 1024;

const ticker = z.string().max(32).transform((text, context) => {
  const parsed = parseTicker(text);
  if (parsed) return parsed;
  context.addIssue({ code: "custom", message: "names no ticker" });
  return z.NEVER;
});

/** What can be asked of an agent; a server names to an agent only what its hello offers. */
export const REQUEST_KINDS = ["read", "stream", "bars", "probe"] as const;

/** One of {@link REQUEST_KINDS}. */
export type RequestKind = typeof REQUEST_KINDS[number];

const requestId = z.uuid();

/** Comes first and once: who this is. The key of the upgrade must be this agent's. */
export const helloMessage = z.object({
  type: z.literal("hello"),
  agentId,
  version: z.string().max(64).optional().describe("of the agent's program"),
  /** One per start of the program: a new session of the same run takes up where the last ended. */
  runId: z.uuid().optional(),
  requests: z.array(z.string().max(32)).max(32).default([])
    .describe("the kinds of requests it takes; those not known here are left out"),
  auto: z.boolean().optional()
    .describe("whether it reads what the server leases to it, besides what its settings name"),
});

/**
 * Keeps the windows of the tickers that are the agent's own. With a feed that is not alive it keeps
 * none: another agent may take them.
 */
export const heartbeatMessage = z.object({
  type: z.literal("heartbeat"),
  tickers: z.array(ticker).max(MAX_HEARTBEAT_TICKERS).describe("what the agent reads"),
  feedAlive: z.boolean().describe("whether prices reach it"),
});

/** Sent after the welcome, on each change (at most once a second), and with each heartbeat. */
export const statusMessage = z.object({ type: z.literal("status"), status: agentStatus });

/** How far a request is. */
export const progressMessage = z.object({
  type: z.literal("progress"),
  requestId,
  done: z.number().int().nonnegative(),
  total: z.number().int().nonnegative(),
});

/** The server has the first contracts of a read. */
export const firstMessage = z.object({ type: z.literal("first"), requestId });

/** How a request ended. What is large is posted by itself (`POST …/bars`), before this. */
export const resultMessage = z.object({
  type: z.literal("result"),
  requestId,
  outcome: z.discriminatedUnion("kind", [
    z.object({
      kind: z.literal("done"),
      contracts: z.number().int().nonnegative().optional(),
      missing: z.number().int().nonnegative().optional(),
      seconds: z.number().nonnegative().optional(),
      /** Of a probe: what a short connection with an ID of the status range found. */
      probe: z.object({
        ok: z.boolean(),
        clientId: z.number().int().nonnegative().nullable(),
        serverVersion: z.number().int().nullable(),
        tookMs: z.number().int().nonnegative(),
        message: z.string().max(500),
      }).optional(),
    }),
    z.object({
      kind: z.literal("failed"),
      /** `unknown`: the gateway knows no such chain; `refused`: asked of the gateway in vain. */
      reason: z.enum(["unknown", "refused", "lost", "standby", "busy", "ended"]),
      message: z.string().max(500),
    }),
  ]),
});

/** What an agent says. */
export const agentMessage = z.discriminatedUnion("type", [
  helloMessage,
  heartbeatMessage,
  statusMessage,
  progressMessage,
  firstMessage,
  resultMessage,
]);

/** What an agent says, as it was read. */
export type AgentMessage = z.output<typeof agentMessage>;

/** What an agent writes. */
export type AgentMessageText = z.input<typeof agentMessage>;

/** The answer to hello. */
export const welcomeMessage = z.object({
  type: z.literal("welcome"),
  heartbeatEveryMs: z.number().int().positive().describe("how often the server wants to hear"),
});

/** The answer to a heartbeat: which of its tickers are the agent's own now. */
export const windowsMessage = z.object({
  type: z.literal("windows"),
  own: z.array(z.string()),
});

/** All tickers that are leased to this agent now; sent after the welcome and on each change. */
export const leasesMessage = z.object({
  type: z.literal("leases"),
  tickers: z.array(z.object({ ticker, deal: z.boolean() })),
});

/** What an agent is asked. A request that is sent again, under the same ID, is the same request. */
export const requestMessage = z.object({
  type: z.literal("request"),
  requestId,
  request: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("read"), ticker }),
    /** Keeps a window subscribed for so long; asked again, it is prolonged. */
    z.object({
      kind: z.literal("stream"),
      ticker,
      window: z.string().max(64),
      forMs: z.number().int().positive(),
    }),
    z.object({
      kind: z.literal("bars"),
      /** An OCC symbol, or a ticker for its underlying. */
      instrument: z.string().max(32),
      what: z.enum(BAR_KINDS),
      bar: z.enum(BAR_LENGTHS),
      rth: z.boolean(),
      spans: z.array(z.object({ fromMs: z.number().int(), toMs: z.number().int() })).min(1),
    }),
    z.object({ kind: z.literal("probe") }),
  ]),
});

/** Nobody waits for the request any more. */
export const cancelMessage = z.object({ type: z.literal("cancel"), requestId });

/** What the server could not do, or did not know; the session goes on. */
export const problemMessage = z.object({ type: z.literal("problem"), error: z.string() });

/** What the server says. */
export const sessionServerMessage = z.discriminatedUnion("type", [
  welcomeMessage,
  windowsMessage,
  leasesMessage,
  requestMessage,
  cancelMessage,
  problemMessage,
]);

/** What the server says. */
export type SessionServerMessage = z.infer<typeof sessionServerMessage>;

/** A request, as an agent reads it. */
export type AgentRequest = z.output<typeof requestMessage>["request"];

/** How a request ended, as an agent says it. */
export type RequestResult = z.output<typeof resultMessage>["outcome"];
