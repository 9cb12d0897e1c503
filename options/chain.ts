/**
 * The last-known chain: the union of every contract ever seen, each field with its last real
 * value and the time it was seen. A deterministic fold of the stored batches by (asOf, seq);
 * the statements are in `docs/specs/last-known.md`.
 */
import type { OccSymbol } from "./contract.ts";
import type { BatchMode, MarketDataKind, MissingContract, Quote, QuoteField } from "./quote.ts";

/** A batch as the database keeps it: what the server decided about it, and its quotes. */
export interface StoredBatch {
  readonly seq: number;
  readonly asOfMs: number;
  readonly receivedAtMs: number;
  readonly agentTimeMs: number;
  readonly agentId: string;
  readonly mode: BatchMode;
  readonly late: boolean;
  readonly readId: string | null;
  readonly traceId: string | null;
  readonly snapshotId: string;
  readonly spot: number | null;
  readonly quotes: readonly Quote[];
  readonly missing: readonly MissingContract[];
}

/** The last real value of a field; `now` is false when the newest read that counted had none. */
export interface Seen {
  readonly value: number;
  readonly seenAtMs: number;
  readonly now: boolean;
}

/** A field of the last-known: those of a quote, and `mid` of one batch's bid and ask. */
export type LastKnownField = QuoteField | "mid";

/** What is known of one contract. */
export interface LastKnownContract {
  readonly occ: OccSymbol;
  /**
   * The `asOf` of the newest batch that listed the contract and counted; the row's age goes by it.
   * Null while no batch did: the contract was only reported missing, or only in blank dumps.
   */
  readonly asOfMs: number | null;
  readonly kind: MarketDataKind | null;
  readonly multiplier: number | null;
  readonly quotedAtMs: number | null;
  readonly fields: Readonly<Partial<Record<LastKnownField, Seen>>>;
  /** Why the newest read did not bring it, when it said so. */
  readonly missingReason: string | null;
}

/** What is known of one ticker's chain. */
export interface LastKnownChain {
  readonly contracts: ReadonlyMap<OccSymbol, LastKnownContract>;
  readonly spot: Seen | null;
  /** Position of the fold: the newest batch by (asOf, seq) and the highest `seq` taken. */
  readonly asOfMs: number;
  readonly asOfSeq: number;
  readonly seq: number;
  /** Of the newest batch: who brought it, when it came and what the agent's clock said. */
  readonly agentId: string | null;
  readonly receivedAtMs: number | null;
  readonly agentTimeMs: number | null;
}

/** The chain of which nothing is known yet. */
export const EMPTY_CHAIN: LastKnownChain = {
  contracts: new Map(),
  spot: null,
  asOfMs: Number.NEGATIVE_INFINITY,
  asOfSeq: 0,
  seq: 0,
  agentId: null,
  receivedAtMs: null,
  agentTimeMs: null,
};
