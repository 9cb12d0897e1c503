/**
 * Keeps what is known of each chain on the disk beside the spool, so that an agent that starts anew
 * asks IB nothing twice in a day. A file is two lines: the checksum of the second, and JSON. One
 * that is damaged, of another gateway or another day is dropped: everything in it can be asked anew.
 */
import { createHash } from "node:crypto";
import { SecType } from "@stoqey/ib";
import { z } from "zod";
import type { Clock } from "../../base/clock.ts";
import { parseIsoDate, parseOcc, type Ticker } from "../../options/contract.ts";
import type { Log } from "../../telemetry/log.ts";
import type { Listing } from "./listing.ts";
import { type KnownChain, type KnownPart, unknownChain } from "./known_chain.ts";
import { tradingDay } from "./trading_day.ts";

/** Rises when the file's form changes. */
const VERSION = 2;

const occ = z.string().transform((text, context) => {
  const contract = parseOcc(text);
  if (contract) return contract;
  context.addIssue({ code: "custom", message: "is no OCC symbol" });
  return z.NEVER;
});

const conId = z.number().int().positive();

const row = z.tuple([occ, conId, z.number().positive().nullable()])
  .transform(([contract, conId, multiplier]): Listing => ({ contract, conId, multiplier }));

const file = z.object({
  version: z.literal(VERSION),
  ticker: z.string(),
  gateway: z.string(),
  day: z.string().transform((text) => parseIsoDate(text)),
  underlying: z.object({
    conId,
    secType: z.enum(SecType),
    contract: z.object({
      conId,
      symbol: z.string(),
      secType: z.enum(SecType),
      exchange: z.string(),
      currency: z.string(),
    }),
  }).optional(),
  hours: z.object({
    spans: z.array(z.object({ fromMs: z.number(), toMs: z.number() })),
    told: z.object({ fromMs: z.number(), toMs: z.number() }),
  }).optional(),
  parts: z.array(z.object({
    tradingClass: z.string(),
    expiry: z.string(),
    listings: z.array(row).nullable(),
  })).optional(),
  denied: z.array(z.tuple([occ, z.string()])),
  openInterest: z.array(z.tuple([occ, z.number().int().nonnegative()])),
});

/** What is known of the chains of one gateway. */
export interface ChainMemory {
  /**
   * What is known of a chain today: the same object until the trading day is over. In a replay
   * nothing is remembered: one recorded day follows the other while the clock goes on in the first.
   */
  recall(ticker: Ticker): KnownChain;
  /** Writes what has been learned to the disk. A disk that fails costs the memory, not the read. */
  keep(ticker: Ticker): void;
}

/** What a memory needs. */
export interface MemoryOptions {
  /** Made where there is none. */
  readonly folder: string;
  /** Which gateway it is of, as `host:port`. */
  readonly gateway: string;
  readonly clock: Pick<Clock, "nowMs" | "realNowMs">;
  readonly log: Log;
}

/** Clocks that differ by more are not read a moment apart: domain time has an offset. */
const REPLAY_OFFSET_MS = 1_000;

/** Opens the memory of a gateway's chains in `folder`. */
export function openChainMemory(options: MemoryOptions): ChainMemory {
  const { log, clock } = options;
  const folder = `${options.folder}/${fileName(options.gateway)}`;
  const chains = new Map<Ticker, KnownChain>();
  /** The checksum of what is on the disk, by ticker: it is not written again. */
  const written = new Map<Ticker, string>();
  const pathOf = (ticker: Ticker): string => `${folder}/${fileName(ticker)}.json`;

  const load = (ticker: Ticker): KnownChain | undefined => {
    const path = pathOf(ticker);
    try {
      const text = Deno.readTextFileSync(path);
      const known = fromText(text, ticker, options.gateway);
      written.set(ticker, sumOf(text));
      return known;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      log.warn("chain.memory_dropped", `${path} is dropped and asked anew: ${messageOf(error)}`, {
        ticker,
      });
      return undefined;
    }
  };
  return {
    recall(ticker) {
      const day = tradingDay(clock.nowMs());
      if (Math.abs(clock.nowMs() - clock.realNowMs()) > REPLAY_OFFSET_MS) return unknownChain(day);
      const known = chains.get(ticker) ?? load(ticker);
      const good = known?.day === day ? known : unknownChain(day);
      chains.set(ticker, good);
      return good;
    },
    keep(ticker) {
      const known = chains.get(ticker);
      if (!known) return;
      const text = toText(known, ticker, options.gateway);
      if (written.get(ticker) === sumOf(text)) return;
      try {
        Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
        const path = pathOf(ticker);
        Deno.writeTextFileSync(`${path}.new`, text);
        Deno.renameSync(`${path}.new`, path);
        written.set(ticker, sumOf(text));
      } catch (error) {
        const message = `What is known of ${ticker} is not kept: ${messageOf(error)}`;
        log.warn("chain.memory_not_kept", message, { ticker });
      }
    },
  };
}

function toText(known: KnownChain, ticker: Ticker, gateway: string): string {
  const { day, underlying, hours, parts, denied, openInterest } = known;
  const content: z.input<typeof file> = {
    version: VERSION,
    ticker,
    gateway,
    day,
    underlying: underlying && {
      conId: underlying.conId,
      secType: underlying.secType,
      contract: {
        conId: underlying.conId,
        symbol: underlying.contract.symbol ?? "",
        secType: underlying.secType,
        exchange: underlying.contract.exchange ?? "",
        currency: underlying.contract.currency ?? "",
      },
    },
    hours: hours && { spans: [...hours.spans], told: hours.told },
    parts: parts?.map(({ tradingClass, expiry, listings }) => ({
      tradingClass,
      expiry,
      listings: listings?.map((each) => [each.contract.occ, each.conId, each.multiplier]) ?? null,
    })),
    denied: [...denied],
    openInterest: [...openInterest],
  };
  const json = JSON.stringify(content);
  return `${checksum(json)}\n${json}\n`;
}

/** Throws where the text is not what was written, or of another gateway or ticker. */
function fromText(text: string, ticker: Ticker, gateway: string): KnownChain {
  const [sum, json = ""] = text.split("\n");
  if (sum !== checksum(json)) throw new Error("its checksum is another");
  const read = file.parse(JSON.parse(json));
  if (read.ticker !== ticker || read.gateway !== gateway) throw new Error("it is of another chain");
  if (!read.day) throw new Error("it names no day");
  const parts: readonly KnownPart[] | undefined = read.parts;
  return {
    day: read.day,
    underlying: read.underlying,
    hours: read.hours,
    parts,
    denied: new Map(read.denied.map(([contract, reason]) => [contract.occ, reason])),
    openInterest: new Map(read.openInterest.map(([contract, value]) => [contract.occ, value])),
  };
}

/** The first line. */
function sumOf(text: string): string {
  return text.slice(0, text.indexOf("\n"));
}

function checksum(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Letters, digits, dots and hyphens as they are; anything else as its number. */
function fileName(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9.-]/g, (char) => `_${char.charCodeAt(0)}`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
