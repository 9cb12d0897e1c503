/**
 * A folded chain as bytes, so that a server that starts need not fold from the first batch: a
 * length, a head in JSON, then the columns as they lie in memory (little endian), compressed with
 * a checksum over all.
 */
import { deflateSync, inflateSync } from "node:zlib";
import { z } from "zod";
import type { LastKnownChain } from "./chain.ts";
import type { OccSymbol } from "./contract.ts";
import { emptyArrays, KnownContracts, LAST_KNOWN_FIELDS } from "./known.ts";

/** Moves when the form or the meaning of a fold changes; then checkpoints are made anew. */
const VERSION = 2;

/** The most bytes a checkpoint is inflated to: 500,000 contracts, ten times the most of one batch. */
const MAX_BYTES = 128 * 1024 * 1024;

/** Arrays begin at multiples of this, as a view of 8-byte numbers must. */
const ALIGNMENT = 8;

const head = z.object({
  version: z.literal(VERSION),
  spot: z.tuple([z.number(), z.number(), z.boolean()]).nullable(),
  /** Null for the chain that has taken nothing, whose position JSON cannot say. */
  asOfMs: z.number().nullable(),
  asOfSeq: z.number(),
  seq: z.number(),
  agentId: z.string().nullable(),
  receivedAtMs: z.number().nullable(),
  agentTimeMs: z.number().nullable(),
  /** Symbols with commas between. */
  occ: z.string(),
  missingReason: z.array(z.tuple([z.int().nonnegative(), z.string()])),
});

/**
 * A chain as bytes; {@link parseChain} gives the equal chain back.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { EMPTY_CHAIN } from "./chain.ts";
 * import { parseChain, serializeChain } from "./checkpoint.ts";
 * assert(parseChain(serializeChain(EMPTY_CHAIN))?.contracts.size === 0);
 * ```
 */
export function serializeChain(chain: LastKnownChain): Uint8Array {
  const { arrays } = chain.contracts;
  const written: z.infer<typeof head> = {
    version: VERSION,
    spot: chain.spot && [chain.spot.value, chain.spot.seenAtMs, chain.spot.now],
    asOfMs: Number.isFinite(chain.asOfMs) ? chain.asOfMs : null,
    asOfSeq: chain.asOfSeq,
    seq: chain.seq,
    agentId: chain.agentId,
    receivedAtMs: chain.receivedAtMs,
    agentTimeMs: chain.agentTimeMs,
    occ: arrays.occ.join(","),
    missingReason: arrays.missingReason.flatMap((reason, place) =>
      reason === null ? [] : [[place, reason] satisfies [number, string]]
    ),
  };
  const text = new TextEncoder().encode(JSON.stringify(written));
  const parts = [
    new Uint8Array(Uint32Array.of(text.length, 0).buffer),
    padded(text),
    ...columnsOf(chain.contracts).map(bytesOf),
  ];
  return deflateSync(concat(parts), { level: 1 });
}

/**
 * The chain of a checkpoint's bytes; `undefined` where they are none of this version (of an older
 * or newer program, or damaged): fold from the first batch then.
 */
export function parseChain(bytes: Uint8Array): LastKnownChain | undefined {
  const inflated = inflate(bytes);
  if (inflated === undefined || inflated.length < ALIGNMENT) return undefined;
  const [textLength = 0] = new Uint32Array(inflated.slice(0, ALIGNMENT).buffer);
  const text = inflated.subarray(ALIGNMENT, ALIGNMENT + textLength);
  const read = head.safeParse(parseJson(new TextDecoder().decode(text)));
  if (!read.success) return undefined;
  const { version: _, spot, occ: names, missingReason, ...rest } = read.data;
  // Only symbols of a chain were written.
  const occ = (names === "" ? [] : names.split(",")) as OccSymbol[];
  const contracts = new KnownContracts({
    ...emptyArrays(occ),
    missingReason: reasonsOf(occ.length, missingReason),
  });
  let at = ALIGNMENT + roundUp(textLength);
  for (const column of columnsOf(contracts)) {
    const into = bytesOf(column);
    if (at + into.length > inflated.length) return undefined;
    into.set(inflated.subarray(at, at + into.length));
    at += into.length;
  }
  if (at !== inflated.length) return undefined;
  return {
    ...rest,
    asOfMs: rest.asOfMs ?? Number.NEGATIVE_INFINITY,
    spot: spot && { value: spot[0], seenAtMs: spot[1], now: spot[2] },
    contracts,
  };
}

/** The columns in the order in which they are written: those of 8-byte numbers first. */
function columnsOf({ arrays }: KnownContracts): (Float64Array | Uint8Array)[] {
  const { fields } = arrays;
  return [
    ...LAST_KNOWN_FIELDS.flatMap((field) => [fields[field].values, fields[field].seenAtMs]),
    arrays.asOfMs,
    arrays.multiplier,
    arrays.quotedAtMs,
    ...LAST_KNOWN_FIELDS.map((field) => fields[field].now),
    arrays.kind,
  ];
}

function reasonsOf(
  length: number,
  written: readonly (readonly [number, string])[],
): (string | null)[] {
  const reasons = new Array<string | null>(length).fill(null);
  for (const [place, reason] of written) if (place < length) reasons[place] = reason;
  return reasons;
}

function inflate(bytes: Uint8Array): Uint8Array | undefined {
  try {
    return inflateSync(bytes, { maxOutputLength: MAX_BYTES });
  } catch {
    return undefined; // damaged, or of another version
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function bytesOf(array: Float64Array | Uint8Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function roundUp(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT;
}

function padded(bytes: Uint8Array): Uint8Array {
  const longer = new Uint8Array(roundUp(bytes.length));
  longer.set(bytes);
  return longer;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
