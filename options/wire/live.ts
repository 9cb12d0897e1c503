/**
 * The messages of `/api/live`, a WebSocket that speaks JSON: subscribe to tickers or to one expiry
 * of one, get the chain and then deltas by `seq`. A client that comes back names the `seq` it has
 * and gets what it missed: deltas, or the whole chain where that is less.
 */
import { z } from "zod";
import { parseIsoDate, parseOcc, parseTicker } from "../contract.ts";
import type { LastKnownContract } from "../chain.ts";
import { chainAnswerSchema, chainRow, chainState, isNeverQuoted, kindWord } from "./chain.ts";
import { toIso } from "./instant.ts";
import { tickerRow } from "./tickers.ts";

const ticker = z.string().max(32).transform((text, context) => {
  const parsed = parseTicker(text);
  if (parsed) return parsed;
  context.addIssue({ code: "custom", message: "names no ticker" });
  return z.NEVER;
});

const expiry = z.string().transform((text, context) => {
  const parsed = parseIsoDate(text);
  if (parsed) return parsed;
  context.addIssue({ code: "custom", message: "must be a day, YYYY-MM-DD" });
  return z.NEVER;
});

/** What a browser says. */
export const clientMessage = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("subscribe"),
    ticker,
    /** Only this expiry; a second subscription to the ticker replaces the first. */
    expiry: expiry.optional(),
    /** The `seq` the client has; without it the whole chain comes first. */
    sinceSeq: z.number().int().nonnegative().optional(),
  }),
  z.object({ type: z.literal("unsubscribe"), ticker }),
  /** The rows of the tickers page, whole at first and then those that changed. */
  z.object({ type: z.literal("subscribe_tickers") }),
]);

/** What a browser says, as it was read. */
export type ClientMessage = z.output<typeof clientMessage>;

/** What a browser writes. */
export type ClientMessageText = z.input<typeof clientMessage>;

/** How much is known of one expiry, and when its newest contract was seen. */
export const expiryState = z.object({
  expiry: z.string(),
  contractCount: z.number().int(),
  asOf: z.string().nullable().describe("null: never quoted"),
  kind: kindWord.nullable(),
});

/** How much is known of one expiry. */
export type ExpiryState = z.infer<typeof expiryState>;

/** A whole chain, or one expiry of it (`expirations` still names all). */
export const chainMessage = z.object({
  type: z.literal("chain"),
  ticker: z.string(),
  expiry: z.string().nullable(),
  expiries: z.array(expiryState).describe("all of them, also where one was subscribed to"),
  chain: chainAnswerSchema,
});

/**
 * What changed between two positions: the changed contracts whole, and the chain's state. It
 * applies to a client at `fromSeq` or later; a client before it has a gap and subscribes again.
 */
export const deltaMessage = z.object({
  type: z.literal("delta"),
  ticker: z.string(),
  expiry: z.string().nullable(),
  fromSeq: z.number().int(),
  seq: z.number().int(),
  state: chainState,
  expirations: z.array(z.string()),
  expiries: z.array(expiryState).describe("those that changed, also others than subscribed to"),
  contracts: z.array(chainRow),
});

/** Rows of the tickers page: `whole` replaces all, else only those named changed. */
export const tickersMessage = z.object({
  type: z.literal("tickers"),
  whole: z.boolean(),
  rows: z.array(tickerRow),
});

/** How the agents are, in three numbers; `alive` are those that prices reach. */
export const agentCounts = z.object({
  known: z.number().int(),
  connected: z.number().int(),
  alive: z.number().int(),
});

/** How the agents are, in three numbers. */
export type AgentCounts = z.infer<typeof agentCounts>;

/**
 * Sent every few seconds: the domain time, by which ages are counted on, that the line lives, and
 * how the agents are (null where that is not known).
 */
export const heartbeatMessage = z.object({
  type: z.literal("heartbeat"),
  now: z.string(),
  agents: agentCounts.nullable(),
});

/** What could not be done, for which ticker where it is about one. */
export const problemMessage = z.object({
  type: z.literal("problem"),
  error: z.string(),
  ticker: z.string().nullable(),
});

/** What the server says. */
export const serverMessage = z.discriminatedUnion("type", [
  chainMessage,
  deltaMessage,
  tickersMessage,
  heartbeatMessage,
  problemMessage,
]);

/** What the server says. */
export type ServerMessage = z.infer<typeof serverMessage>;
/** A whole chain, or one expiry of it. */
export type ChainMessage = z.infer<typeof chainMessage>;
/** What changed between two positions. */
export type DeltaMessage = z.infer<typeof deltaMessage>;
/** Rows of the tickers page. */
export type TickersMessage = z.infer<typeof tickersMessage>;

/** The expiries of these contracts in their order, each as new as its newest quoted contract. */
export function expiryStates(contracts: Iterable<LastKnownContract>): ExpiryState[] {
  const newest = new Map<string, { count: number; asOfMs: number | null; kind: Kind }>();
  for (const contract of contracts) {
    const { occ, asOfMs, kind } = contract;
    const expiry = parseOcc(occ)?.expiry;
    if (expiry === undefined) throw new Error(`The key ${occ} of a chain is no OCC symbol.`);
    const known = newest.get(expiry) ?? { count: 0, asOfMs: null, kind: null };
    known.count += 1;
    const newer = asOfMs !== null && asOfMs > (known.asOfMs ?? Number.NEGATIVE_INFINITY);
    if (newer && !isNeverQuoted(contract)) {
      known.asOfMs = asOfMs;
      known.kind = kind;
    }
    newest.set(expiry, known);
  }
  return [...newest].sort(([a], [b]) => a < b ? -1 : 1).map((
    [expiry, { count, asOfMs, kind }],
  ) => ({
    expiry,
    contractCount: count,
    asOf: asOfMs === null ? null : toIso(asOfMs),
    kind,
  }));
}

type Kind = LastKnownContract["kind"];
