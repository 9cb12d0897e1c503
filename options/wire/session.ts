/**
 * The messages of `/api/price-agent/session`, the WebSocket that each agent keeps to the server; it
 * speaks JSON. An agent says who it is, then every so often that it is there, what it reads and
 * whether its feed is alive. Fields that are not known are ignored, so that versions can differ.
 */
import { z } from "zod";
import { parseTicker } from "../contract.ts";
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

/** Comes first and once: who this is. The key of the upgrade must be this agent's. */
export const helloMessage = z.object({
  type: z.literal("hello"),
  agentId,
  version: z.string().max(64).optional().describe("of the agent's program"),
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

/** What an agent says. */
export const agentMessage = z.discriminatedUnion("type", [helloMessage, heartbeatMessage]);

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

/** What the server could not do, or did not know; the session goes on. */
export const problemMessage = z.object({ type: z.literal("problem"), error: z.string() });

/** What the server says. */
export const sessionServerMessage = z.discriminatedUnion("type", [
  welcomeMessage,
  windowsMessage,
  problemMessage,
]);

/** What the server says. */
export type SessionServerMessage = z.infer<typeof sessionServerMessage>;
