/**
 * The last-known chain: the union of every contract ever seen, each field with its last real
 * value and the time it was seen. A deterministic fold of the stored batches by (asOf, seq);
 * the statements are in `docs/specs/last-known.md`.
 */
import type { QuoteColumns } from "./columns.ts";
import { type KnownContracts, NO_CONTRACTS, type Seen } from "./known.ts";
import type { BatchMode, MissingContract } from "./quote.ts";

export type { LastKnownContract, LastKnownField, Seen } from "./known.ts";

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
  readonly columns: QuoteColumns;
  readonly missing: readonly MissingContract[];
}

/** What is known of one ticker's chain. */
export interface LastKnownChain {
  readonly contracts: KnownContracts;
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
  contracts: NO_CONTRACTS,
  spot: null,
  asOfMs: Number.NEGATIVE_INFINITY,
  asOfSeq: 0,
  seq: 0,
  agentId: null,
  receivedAtMs: null,
  agentTimeMs: null,
};
