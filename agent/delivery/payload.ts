/**
 * What goes to the server: the body of `POST /api/price-agent/ingest-chain`. Quotes and nothing
 * else: the agent never asks the gateway for accounts, positions or orders.
 */
import type { z } from "zod";
import type { MissingContract, Quote } from "../../options/quote.ts";
import type { Ticker } from "../../options/contract.ts";
import { parseOcc } from "../../options/contract.ts";
import type { ingestBody, ingestContract } from "../../options/wire/ingest_schema.ts";

/** A body as it is sent, without `sentAt`, which is set anew with every attempt. */
export type Payload = Omit<z.input<typeof ingestBody>, "sentAt">;

/** One contract of a body. */
export type PayloadContract = z.input<typeof ingestContract>;

/** What a body says of a chain. */
export interface PayloadSource {
  readonly ticker: Ticker;
  readonly agentId: string;
  readonly mode: "snapshot" | "update";
  readonly readId: string;
  /** Domain time of the newest quote. */
  readonly atMs: number;
  readonly spot: number | null;
  readonly quotes: readonly Quote[];
  readonly missing: readonly MissingContract[];
}

/** Builds a body. */
export function toPayload(source: PayloadSource): Payload {
  return {
    ticker: source.ticker,
    agentId: source.agentId,
    agentTimestamp: new Date(source.atMs).toISOString(),
    mode: source.mode,
    readId: source.readId,
    spotPrice: source.spot,
    contracts: source.quotes.map(toPayloadContract),
    ...(source.missing.length > 0 && { missing: [...source.missing] }),
  };
}

/**
 * One quote in the API's names; `null` says none now.
 *
 * @example
 * ```ts
 * import { toPayloadContract } from "./payload.ts";
 * import { assembleQuote } from "../chain/assembly.ts";
 * import { parseOcc } from "../../options/contract.ts";
 * const contract = parseOcc("EA260918C00210000");
 * const row = contract && toPayloadContract(assembleQuote(contract, 100).quote());
 * console.assert(row?.expiry === "2026-09-18" && row.bid === null);
 * ```
 */
export function toPayloadContract(quote: Quote): PayloadContract {
  const contract = parseOcc(quote.occ);
  return {
    symbol: quote.occ,
    ...(contract && { strike: contract.strike, expiry: contract.expiry, right: contract.right }),
    bid: quote.bid,
    ask: quote.ask,
    mid: quote.bid !== null && quote.ask !== null ? (quote.bid + quote.ask) / 2 : null,
    last: quote.last,
    volume: quote.volume,
    open_interest: quote.openInterest,
    implied_vol: quote.impliedVol,
    delta: quote.delta,
    gamma: quote.gamma,
    theta: quote.theta,
    vega: quote.vega,
    bid_size: quote.bidSize,
    ask_size: quote.askSize,
    multiplier: quote.multiplier,
    market_data_type: quote.kind,
  };
}
