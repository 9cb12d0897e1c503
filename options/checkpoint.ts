/**
 * The last-known chain as text, for checkpoints: a reader starts from the newest one and folds
 * only the batches after it.
 */
import { z } from "zod";
import type { LastKnownChain, LastKnownContract, LastKnownField, Seen } from "./chain.ts";
import type { OccSymbol } from "./contract.ts";
import { MARKET_DATA_KINDS, QUOTE_FIELDS } from "./quote.ts";

/** Moves when the form or the meaning of a fold changes; then checkpoints are made anew. */
const VERSION = 1;

const FIELDS: readonly LastKnownField[] = [...QUOTE_FIELDS, "mid"];

/** A bare number was seen at the row's own time and is so now; else `[value, seenAtMs, now]`. */
const cell = z.union([z.null(), z.number(), z.tuple([z.number(), z.number(), z.boolean()])]);

const row = z.tuple([
  z.string(),
  z.number().nullable(),
  z.enum(MARKET_DATA_KINDS).nullable(),
  z.number().nullable(),
  z.number().nullable(),
  z.string().nullable(),
  z.array(cell).length(FIELDS.length),
]);

const checkpoint = z.object({
  version: z.literal(VERSION),
  spot: z.tuple([z.number(), z.number(), z.boolean()]).nullable(),
  /** Null for the chain that has taken nothing, whose position JSON cannot say. */
  asOfMs: z.number().nullable(),
  asOfSeq: z.number(),
  seq: z.number(),
  agentId: z.string().nullable(),
  receivedAtMs: z.number().nullable(),
  agentTimeMs: z.number().nullable(),
  contracts: z.array(row),
});

/**
 * A chain as JSON text; {@link parseChain} gives the equal chain back.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { EMPTY_CHAIN } from "./chain.ts";
 * import { parseChain, serializeChain } from "./checkpoint.ts";
 * assert(parseChain(serializeChain(EMPTY_CHAIN))?.contracts.size === 0);
 * ```
 */
export function serializeChain(chain: LastKnownChain): string {
  const written: z.infer<typeof checkpoint> = {
    version: VERSION,
    spot: chain.spot && [chain.spot.value, chain.spot.seenAtMs, chain.spot.now],
    asOfMs: Number.isFinite(chain.asOfMs) ? chain.asOfMs : null,
    asOfSeq: chain.asOfSeq,
    seq: chain.seq,
    agentId: chain.agentId,
    receivedAtMs: chain.receivedAtMs,
    agentTimeMs: chain.agentTimeMs,
    contracts: [...chain.contracts.values()].map(toRow),
  };
  return JSON.stringify(written);
}

/**
 * The chain of a checkpoint's text; `undefined` where the text is none of this version (of an
 * older or newer program, or damaged): fold from the first batch then.
 */
export function parseChain(text: string): LastKnownChain | undefined {
  const read = checkpoint.safeParse(parseJson(text));
  if (!read.success) return undefined;
  const { version: _, spot, contracts, ...head } = read.data;
  const rows = contracts.map(fromRow);
  return {
    ...head,
    asOfMs: head.asOfMs ?? Number.NEGATIVE_INFINITY,
    spot: spot && { value: spot[0], seenAtMs: spot[1], now: spot[2] },
    contracts: new Map(rows.map((contract) => [contract.occ, contract])),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function toRow(contract: LastKnownContract): z.infer<typeof row> {
  const { occ, asOfMs, kind, multiplier, quotedAtMs, missingReason, fields } = contract;
  const cells = FIELDS.map((field) => {
    const seen = fields[field];
    if (!seen) return null;
    if (seen.now && seen.seenAtMs === asOfMs) return seen.value;
    return [seen.value, seen.seenAtMs, seen.now] satisfies [number, number, boolean];
  });
  return [occ, asOfMs, kind, multiplier, quotedAtMs, missingReason, cells];
}

function fromRow(read: z.infer<typeof row>): LastKnownContract {
  const [occ, asOfMs, kind, multiplier, quotedAtMs, missingReason, cells] = read;
  const fields: Partial<Record<LastKnownField, Seen>> = {};
  FIELDS.forEach((field, index) => {
    const cell = cells[index];
    if (cell === null || cell === undefined) return;
    if (typeof cell !== "number") {
      fields[field] = { value: cell[0], seenAtMs: cell[1], now: cell[2] };
    } else if (asOfMs !== null) fields[field] = { value: cell, seenAtMs: asOfMs, now: true };
  });
  // Written by serializeChain from a chain whose keys were OCC symbols.
  return { occ: occ as OccSymbol, asOfMs, kind, multiplier, quotedAtMs, missingReason, fields };
}
