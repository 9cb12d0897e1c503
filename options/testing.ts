/** Builders for tests: quotes and batches of which only what matters is said. */
import { z } from "zod";
import type { StoredBatch } from "./chain.ts";
import { columnsOf } from "./columns.ts";
import { type OccSymbol, parseOcc } from "./contract.ts";
import type { Quote } from "./quote.ts";

/** The OCC symbol of a text that is one. */
export function occ(text: string): OccSymbol {
  const contract = parseOcc(text);
  if (!contract) throw new Error(`${text} is no OCC symbol.`);
  return contract.occ;
}

/** A quote that has nothing but what is given. */
export function quoteOf(symbol: string, given: Partial<Omit<Quote, "occ">> = {}): Quote {
  return {
    occ: occ(symbol),
    kind: null,
    multiplier: null,
    quotedAtMs: null,
    bid: null,
    ask: null,
    last: null,
    volume: null,
    openInterest: null,
    impliedVol: null,
    delta: null,
    gamma: null,
    theta: null,
    vega: null,
    bidSize: null,
    askSize: null,
    ...given,
  };
}

/** A stored batch; its `seq`, snapshot and times follow from `asOfMs` where they are not given. */
export function batchOf(
  asOfMs: number,
  quotes: readonly Quote[],
  given: Partial<StoredBatch> = {},
): StoredBatch {
  return {
    seq: asOfMs,
    asOfMs,
    receivedAtMs: asOfMs,
    agentTimeMs: asOfMs - 10,
    agentId: "desk-1",
    mode: "snapshot",
    late: false,
    readId: null,
    traceId: null,
    snapshotId: String(asOfMs),
    spot: null,
    columns: columnsOf(quotes),
    missing: [],
    ...given,
  };
}

/**
 * A test on recorded chains, whose folder `LASTMARK_DATA` names. Without it the test is ignored on
 * a developer's machine, with a line that says so, and fails where `CI=true`.
 */
export function testOnRealChains(
  name: string,
  run: (folder: string) => void | Promise<void>,
): void {
  const folder = Deno.env.get("LASTMARK_DATA");
  const missing = folder === undefined || folder === "";
  const ignore = missing && Deno.env.get("CI") !== "true";
  if (ignore) console.log(`LASTMARK_DATA is not set: ignored "${name}"`);
  Deno.test({
    name,
    ignore,
    async fn() {
      if (missing) throw new Error("LASTMARK_DATA names no folder of recorded chains.");
      await run(folder);
    },
  });
}

const value = z.number().nullable();

/** A file of `us-chains-2026`, as it is: read without our own readers, to judge them by. */
export const recordedChain = z.object({
  symbol: z.string(),
  updated: z.string(),
  underlyingPrice: z.number(),
  quotes: z.array(z.object({
    symbol: z.string(),
    expiration: z.string(),
    side: z.enum(["call", "put"]),
    strike: z.number(),
    bid: value,
    ask: value,
    last: value,
    volume: value,
    openInterest: value,
    iv: value,
    delta: value,
    gamma: value,
    theta: value,
    vega: value,
  })),
});

/** A recorded chain as its file has it. */
export type RecordedFile = z.infer<typeof recordedChain>;
