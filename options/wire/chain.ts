/**
 * The chain as the API answers it (`docs/specs/wire.md`): `POST /api/ma-options/fetch-chain`,
 * `GET /api/chains/{ticker}` and the live messages have the same rows. Values keep the names of
 * the first version; what was added since is camelCase.
 */
import { z } from "zod";
import { liveContracts } from "../calendar.ts";
import type { LastKnownChain, LastKnownContract, LastKnownField } from "../chain.ts";
import { type OccSymbol, parseOcc } from "../contract.ts";
import { effectiveAgeMs, type Freshness, FRESHNESS_LIMIT_MS, freshnessOf } from "../freshness.ts";
import { chainJudge, flagsOf, QUALITY_FLAGS, type QualityBits } from "../quality.ts";
import { MARKET_DATA_KINDS, type MarketDataKind } from "../quote.ts";
import { type ReasonCode, reasonFor } from "../reasons.ts";
import { toIso } from "./instant.ts";

const value = z.number().nullable();
const time = z.string().nullable();

/** How fresh a price is. */
export const freshnessWord = z.enum(["live", "recent", "stale", "cached"]);

/** The kind of a price. */
export const kindWord = z.enum(MARKET_DATA_KINDS);

/** Why something is not newer. */
export const reasonAnswer = z.object({
  code: z.string(),
  label: z.string(),
  sentence: z.string(),
});

/**
 * One contract: the last-known value of each field, when it was seen, and what it is now (null for
 * none now). Of the rarer fields time and "now" are there only where they are not the row's own:
 * absent means seen at `asOf`, and so now.
 */
export const chainRow = z.object({
  symbol: z.string().describe("compact OCC symbol, the key of a contract"),
  root: z.string(),
  expiry: z.string(),
  strike: z.number(),
  right: z.enum(["C", "P"]),
  bid: value,
  ask: value,
  mid: value.describe("of one read's bid and ask"),
  last: value,
  volume: value,
  open_interest: value,
  implied_vol: value.describe("a fraction: 0.25 is 25 %"),
  delta: value,
  gamma: value,
  theta: value.describe("per day"),
  vega: value.describe("per percentage point of volatility"),
  bid_size: value,
  ask_size: value,
  bidSeenAt: time,
  askSeenAt: time,
  midSeenAt: time,
  lastSeenAt: time,
  volumeSeenAt: time,
  openInterestSeenAt: time,
  impliedVolSeenAt: time,
  deltaSeenAt: time,
  gammaSeenAt: time.optional(),
  thetaSeenAt: time.optional(),
  vegaSeenAt: time.optional(),
  bidSizeSeenAt: time.optional(),
  askSizeSeenAt: time.optional(),
  bidNow: value,
  askNow: value,
  midNow: value,
  lastNow: value,
  volumeNow: value,
  openInterestNow: value,
  impliedVolNow: value,
  deltaNow: value,
  gammaNow: value.optional(),
  thetaNow: value.optional(),
  vegaNow: value.optional(),
  bidSizeNow: value.optional(),
  askSizeNow: value.optional(),
  asOf: time.describe("the newest read that listed the contract and counted; null: none did"),
  freshness: freshnessWord.nullable().describe("null: never quoted"),
  kind: kindWord.nullable(),
  multiplier: z.number().optional().describe("absent where no agent said it"),
  quotedAt: z.string().optional().describe("when the agent saw the quote, where it said so"),
  missingReason: z.string().optional().describe("why the newest read did not bring it"),
  quality: z.array(z.enum(QUALITY_FLAGS)).optional()
    .describe("why its values are not to be used as they stand; absent: nothing is wrong"),
});

/** One contract of an answer. */
export type ChainRow = z.infer<typeof chainRow>;

/** A chain's state without its contracts: what an answer and a live delta share. */
export const chainState = z.object({
  ticker: z.string(),
  dealId: z.string().nullable(),
  spotPrice: value,
  spotSeenAt: time,
  source: z.enum(["agent", "last-known"]).describe("agent: younger than 5 minutes"),
  agentId: z.string().nullable(),
  timestamp: time.describe("when the newest of the shown prices was seen"),
  agentTimestamp: time.describe("what the agent's clock said at the newest read"),
  ageMinutes: value,
  freshness: freshnessWord.nullable(),
  kind: kindWord.nullable(),
  reason: reasonAnswer.nullable().describe("why it is not newer, where that is known"),
  seq: z.number().int().describe("the position to resume live updates from"),
  contractCount: z.number().int(),
  neverQuotedCount: z.number().int(),
});

/** A chain's state without its contracts. */
export type ChainState = z.infer<typeof chainState>;

/** A whole chain, sorted by expiry, root, strike and right. */
export const chainAnswerSchema = chainState.extend({
  expirations: z.array(z.string()),
  contracts: z.array(chainRow),
});

/** A whole chain as the API answers it. */
export type ChainAnswer = z.infer<typeof chainAnswerSchema>;

/** What an answer says that the chain itself does not know. */
export interface ChainContext {
  readonly nowMs: number;
  readonly ticker: string;
  /** Null for a watched ticker that is no deal. */
  readonly dealId: string | null;
  /** Whether an agent that reads the ticker was heard of lately; null where that is not known. */
  readonly agentOnline: boolean | null;
  /** Why that agent brings nothing newer, as it says itself. */
  readonly agentReason?: ReasonCode | null;
}

/**
 * The answer for a chain: every contract that was ever seen and has not expired.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { EMPTY_CHAIN } from "../chain.ts";
 * import { chainAnswer } from "./chain.ts";
 * const answer = chainAnswer(EMPTY_CHAIN, { nowMs: 0, ticker: "EA", dealId: null, agentOnline: false });
 * assert(answer.contracts.length === 0 && answer.reason?.code === "agent_offline");
 * ```
 */
export function chainAnswer(chain: LastKnownChain, context: ChainContext): ChainAnswer {
  const live = liveContracts(chain, context.nowMs);
  const write = rowWriter(chain, context);
  const contracts = live.map(write).sort(inChainOrder);
  const expirations = [...new Set(contracts.map((row) => row.expiry))];
  return { ...stateOf(chain, live, context), expirations, contracts };
}

/** The state of a chain without writing its rows. */
export function chainStateOf(chain: LastKnownChain, context: ChainContext): ChainState {
  return stateOf(chain, liveContracts(chain, context.nowMs), context);
}

/**
 * The rows of some contracts of a chain, in the order of an answer: what a delta carries. A
 * contract that has expired or is not known has none.
 */
export function chainRows(
  chain: LastKnownChain,
  symbols: Iterable<OccSymbol>,
  context: Pick<ChainContext, "nowMs" | "ticker">,
): ChainRow[] {
  const known = new Map<OccSymbol, LastKnownContract>();
  for (const occ of symbols) {
    const contract = chain.contracts.get(occ);
    if (contract) known.set(occ, contract);
  }
  const live = liveContracts({ contracts: known }, context.nowMs);
  return live.map(rowWriter(chain, context)).sort(inChainOrder);
}

/** What is newest of what is shown: it decides the age, kind and freshness of a whole chain. */
export interface ChainAge {
  readonly asOfMs: number;
  readonly kind: MarketDataKind | null;
  readonly freshness: Freshness;
}

/**
 * The age of a chain: that of its freshest quoted row (a delayed row counts as 15 minutes older);
 * null where nothing was ever quoted. A blank dump makes no row newer, and so no chain.
 */
export function chainAge(
  contracts: Iterable<LastKnownContract>,
  nowMs: number,
): ChainAge | null {
  let newest: { asOfMs: number; kind: MarketDataKind | null; ageMs: number } | undefined;
  for (const contract of contracts) {
    const { asOfMs, kind } = contract;
    if (asOfMs === null || isNeverQuoted(contract)) continue;
    const ageMs = effectiveAgeMs(nowMs - asOfMs, kind);
    if (!newest || ageMs < newest.ageMs) newest = { asOfMs, kind, ageMs };
  }
  if (!newest) return null;
  const { asOfMs, kind } = newest;
  return { asOfMs, kind, freshness: freshnessOf(nowMs - asOfMs, kind) };
}

function stateOf(
  chain: LastKnownChain,
  live: readonly LastKnownContract[],
  { nowMs, ticker, dealId, agentOnline, agentReason = null }: ChainContext,
): ChainState {
  const age = chainAge(live, nowMs);
  const seenMs = age?.asOfMs ?? chain.spot?.seenAtMs ?? null;
  const ageMs = seenMs === null ? null : Math.max(0, nowMs - seenMs);
  return {
    ticker,
    dealId,
    spotPrice: chain.spot?.value ?? null,
    spotSeenAt: isoOrNull(chain.spot?.seenAtMs ?? null),
    source: ageMs !== null && ageMs < FRESHNESS_LIMIT_MS.live ? "agent" : "last-known",
    agentId: chain.agentId,
    timestamp: isoOrNull(seenMs),
    agentTimestamp: isoOrNull(chain.agentTimeMs),
    ageMinutes: ageMs === null ? null : Math.floor(ageMs / 6_000) / 10,
    freshness: age?.freshness ?? null,
    kind: age?.kind ?? null,
    reason: reasonFor({ nowMs, ticker, asOfMs: seenMs, agentOnline, agentReason }),
    seq: chain.seq,
    contractCount: live.length,
    neverQuotedCount: live.filter(isNeverQuoted).length,
  };
}

/** Writes rows; the times of a chain are few, so each is written once. */
function rowWriter(
  chain: LastKnownChain,
  context: Pick<ChainContext, "nowMs" | "ticker">,
): (contract: LastKnownContract) => ChainRow {
  const judge = chainJudge(chain, context);
  const texts = new Map<number, string>();
  const iso = (ms: number): string => {
    let text = texts.get(ms);
    if (text === undefined) texts.set(ms, text = toIso(ms));
    return text;
  };
  return (contract) => writeRow(contract, judge(contract), context.nowMs, iso);
}

function writeRow(
  contract: LastKnownContract,
  quality: QualityBits,
  nowMs: number,
  iso: (ms: number) => string,
): ChainRow {
  const { occ, asOfMs, kind, fields } = contract;
  const named = parseOcc(occ);
  if (!named) throw new Error(`The key ${occ} of a chain is no OCC symbol.`);
  const known = (field: LastKnownField): number | null => fields[field]?.value ?? null;
  const now = (field: LastKnownField): number | null => {
    const seen = fields[field];
    return seen?.now ? seen.value : null;
  };
  const seenAt = (field: LastKnownField): string | null => {
    const seen = fields[field];
    return seen ? iso(seen.seenAtMs) : null;
  };
  const own = (field: LastKnownField): boolean => {
    const seen = fields[field];
    return !seen || (seen.now && seen.seenAtMs === asOfMs);
  };
  return {
    symbol: occ,
    root: named.root,
    expiry: named.expiry,
    strike: named.strike,
    right: named.right,
    bid: known("bid"),
    ask: known("ask"),
    mid: known("mid"),
    last: known("last"),
    volume: known("volume"),
    open_interest: known("openInterest"),
    implied_vol: known("impliedVol"),
    delta: known("delta"),
    gamma: known("gamma"),
    theta: known("theta"),
    vega: known("vega"),
    bid_size: known("bidSize"),
    ask_size: known("askSize"),
    bidSeenAt: seenAt("bid"),
    askSeenAt: seenAt("ask"),
    midSeenAt: seenAt("mid"),
    lastSeenAt: seenAt("last"),
    volumeSeenAt: seenAt("volume"),
    openInterestSeenAt: seenAt("openInterest"),
    impliedVolSeenAt: seenAt("impliedVol"),
    deltaSeenAt: seenAt("delta"),
    bidNow: now("bid"),
    askNow: now("ask"),
    midNow: now("mid"),
    lastNow: now("last"),
    volumeNow: now("volume"),
    openInterestNow: now("openInterest"),
    impliedVolNow: now("impliedVol"),
    deltaNow: now("delta"),
    ...(own("gamma") ? {} : { gammaSeenAt: seenAt("gamma"), gammaNow: now("gamma") }),
    ...(own("theta") ? {} : { thetaSeenAt: seenAt("theta"), thetaNow: now("theta") }),
    ...(own("vega") ? {} : { vegaSeenAt: seenAt("vega"), vegaNow: now("vega") }),
    ...(own("bidSize") ? {} : { bidSizeSeenAt: seenAt("bidSize"), bidSizeNow: now("bidSize") }),
    ...(own("askSize") ? {} : { askSizeSeenAt: seenAt("askSize"), askSizeNow: now("askSize") }),
    asOf: asOfMs === null ? null : iso(asOfMs),
    freshness: rowFreshness(contract, nowMs),
    kind,
    ...(contract.multiplier === null ? {} : { multiplier: contract.multiplier }),
    ...(contract.quotedAtMs === null ? {} : { quotedAt: iso(contract.quotedAtMs) }),
    ...(contract.missingReason === null ? {} : { missingReason: contract.missingReason }),
    ...(quality === 0 ? {} : { quality: flagsOf(quality) }),
  };
}

/**
 * The freshness of a row, by its `asOf`; a contract that only blank dumps brought has a last price
 * alone, and goes by that. Null where nothing was ever quoted.
 */
export function rowFreshness(contract: LastKnownContract, nowMs: number): Freshness | null {
  if (isNeverQuoted(contract)) return null;
  const seenMs = contract.asOfMs ?? contract.fields.last?.seenAtMs;
  return seenMs === undefined ? null : freshnessOf(nowMs - seenMs, contract.kind);
}

function inChainOrder(a: ChainRow, b: ChainRow): number {
  return compare(a.expiry, b.expiry) || compare(a.root, b.root) || a.strike - b.strike ||
    compare(a.right, b.right);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Whether nothing of a contract was ever quoted. */
export function isNeverQuoted({ fields }: LastKnownContract): boolean {
  return Object.keys(fields).length === 0;
}

function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : toIso(ms);
}
