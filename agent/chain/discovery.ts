/**
 * Which options there are on an underlying: option parameters tell trading classes and expiries,
 * contract details per (class, expiry) the contracts. The parameters' strikes are of all expiries
 * together, so most combinations do not exist; asking for each would cost an error apiece.
 */
import { type Contract as IbContract, type ContractDetails, SecType } from "@stoqey/ib";
import type { Clock } from "../../base/clock.ts";
import {
  type IsoDate,
  type OccSymbol,
  parseIsoDate,
  parseOcc,
  type Ticker,
} from "../../options/contract.ts";
import { type LiquidHours, parseLiquidHours } from "../../options/liquid_hours.ts";
import type { Connection } from "../gateway/connection.ts";
import type { OptionParameters } from "../gateway/events.ts";
import { type Answer, ask } from "./ask.ts";
import type { ExpiryChoice } from "./expiries.ts";
import type { ClassExpiry, Listing, Underlying } from "./listing.ts";
import { type KnownChain, type KnownPart, stillListed } from "./known_chain.ts";
import { ibSymbol, underlyingCandidates } from "./underlying.ts";

/** A part of the chain that the gateway did not list, and why. */
export interface UnlistedPart extends ClassExpiry {
  readonly reason: string;
}

/** The options of an underlying. */
export interface Chain {
  readonly listings: readonly Listing[];
  readonly unlisted: readonly UnlistedPart[];
  /** Contracts whose local symbol is no OCC symbol. */
  readonly unnamed: number;
}

/** Contract details can take a minute, a single contract's too; more than three at once are throttled. */
const DETAILS_DEADLINE_MS = 90_000;
const DETAILS_IN_FLIGHT = 3;
const PARAMETERS_DEADLINE_MS = 45_000;

/** What discovery needs. */
export interface DiscoveryOptions {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly ticker: Ticker;
  /** What is known is not asked for, and what is learned is filled in. */
  readonly known: KnownChain;
}

/** Resolves the ticker; the gateway's sentence where it knows no such underlying. */
export async function resolveUnderlying(
  options: DiscoveryOptions,
): Promise<Underlying | { readonly refusal: string }> {
  const { connection, clock, ticker, known } = options;
  if (known.underlying) return known.underlying;
  let refusal = "it answered with no contract";
  for (const contract of underlyingCandidates(ticker)) {
    const answer = await ask(connection, clock, {
      send: (api, id) => void api.reqContractDetails(id, contract),
      deadlineMs: DETAILS_DEADLINE_MS,
    });
    const details = detailsOf(answer)[0];
    const conId = details?.contract.conId;
    if (details && conId !== undefined) {
      const secType = contract.secType ?? SecType.STK;
      known.underlying = { contract: details.contract, conId, secType };
      return known.underlying;
    }
    if (answer.kind !== "answered") refusal = refusalOf(answer);
  }
  return { refusal };
}

/** Lists the options of an underlying, of the expiries that `choose` chooses. */
export async function listOptions(
  options: DiscoveryOptions & { readonly underlying: Underlying; readonly choose: ExpiryChoice },
): Promise<Chain | { readonly refusal: string }> {
  const { connection, clock, ticker, known } = options;
  const parts = await partsOf(options);
  if ("refusal" in parts) return parts;
  const found = new Map<OccSymbol, Listing>();
  const unlisted: UnlistedPart[] = [];
  let unnamed = 0;
  const listPart = async (part: KnownPart): Promise<KnownPart> => {
    const details = await ask(connection, clock, {
      send: (api, id) => void api.reqContractDetails(id, optionQuery(ibSymbol(ticker), part)),
      deadlineMs: DETAILS_DEADLINE_MS,
    });
    // One refusal may be the farm's and not the contract's: it is asked again at the next read.
    if (details.kind !== "answered") {
      unlisted.push({ ...part, reason: refusalOf(details) });
      return part;
    }
    const listings = detailsOf(details).flatMap((each) => toListing(each) ?? []);
    unnamed += detailsOf(details).length - listings.length;
    known.hours ??= hoursOf(detailsOf(details)[0]);
    return { ...part, listings };
  };
  const chosen = chooseParts(parts, options.choose);
  const listed = new Map<KnownPart, KnownPart>();
  await eachOf(chosen, DETAILS_IN_FLIGHT, async (part) => {
    const now = part.listings ? part : await listPart(part);
    listed.set(part, now);
    for (const each of stillListed(now.listings ?? [], part.listings ? clock.nowMs() : 0)) {
      found.set(each.contract.occ, each);
    }
  });
  // A gateway that names none may have its farm down: nothing is remembered of that.
  if (parts.length > 0) known.parts = parts.map((part) => listed.get(part) ?? part);
  return { listings: [...found.values()], unlisted, unnamed };
}

/** The parts of a chain, as they are known or as the gateway says them. */
async function partsOf(
  options: DiscoveryOptions & { readonly underlying: Underlying },
): Promise<readonly KnownPart[] | { readonly refusal: string }> {
  const { connection, clock, ticker, known, underlying } = options;
  if (known.parts) return known.parts;
  const answer = await ask(connection, clock, {
    // The exchange must be empty: with a named one a share has no chains, without an error.
    send: (api, id) =>
      void api.reqSecDefOptParams(id, ibSymbol(ticker), "", underlying.secType, underlying.conId),
    deadlineMs: PARAMETERS_DEADLINE_MS,
  });
  if (answer.kind !== "answered") return { refusal: refusalOf(answer) };
  const rows = answer.events.flatMap((event) =>
    event.type === "parameters" ? event.parameters : []
  );
  return partsIn(rows).map((part) => ({ ...part, listings: null }));
}

/**
 * The (class, expiry) pairs of a chain, by expiry: of the rows of SMART, or of every exchange where
 * SMART has none, merged by trading class. Old roots of adjusted or merged companies are classes
 * like others.
 */
export function partsIn(rows: readonly OptionParameters[]): readonly ClassExpiry[] {
  const smart = rows.filter((row) => row.exchange === "SMART");
  const byClass = new Map<string, Set<string>>();
  for (const row of smart.length > 0 ? smart : rows) {
    const expiries = byClass.get(row.tradingClass) ?? new Set();
    for (const text of row.expiries) if (parseIsoDate(text)) expiries.add(text);
    byClass.set(row.tradingClass, expiries);
  }
  return [...byClass].flatMap(([tradingClass, expiries]) =>
    [...expiries].map((expiry) => ({ tradingClass, expiry }))
  ).sort((a, b) => a.expiry.localeCompare(b.expiry));
}

/** The parts whose expiry is chosen among all of the chain. */
export function chooseParts<T extends ClassExpiry>(
  parts: readonly T[],
  choose: ExpiryChoice,
): readonly T[] {
  const dayOf = ({ expiry }: ClassExpiry): IsoDate[] => {
    const day = parseIsoDate(expiry);
    return day ? [day] : [];
  };
  const chosen = new Set(choose([...new Set(parts.flatMap(dayOf))].sort()));
  return parts.filter((part) => dayOf(part).some((day) => chosen.has(day)));
}

function optionQuery(symbol: string, part: ClassExpiry): IbContract {
  return {
    symbol,
    secType: SecType.OPT,
    exchange: "SMART",
    currency: "USD",
    tradingClass: part.tradingClass,
    lastTradeDateOrContractMonth: part.expiry,
  };
}

/** The local symbol is the OCC symbol; the last trade date is not the expiry of AM-settled SPX. */
function toListing(details: ContractDetails): Listing | undefined {
  const { conId, localSymbol, multiplier } = details.contract;
  const contract = parseOcc(localSymbol ?? "");
  if (!contract || conId === undefined || !(conId > 0)) return undefined;
  return { contract, conId, multiplier: multiplier && multiplier > 0 ? multiplier : null };
}

/** Options of one underlying trade at the same hours; where the text is odd, the calendar decides. */
function hoursOf(details: ContractDetails | undefined): LiquidHours | undefined {
  const { liquidHours, timeZoneId } = details ?? {};
  return liquidHours && timeZoneId ? parseLiquidHours(liquidHours, timeZoneId) : undefined;
}

function detailsOf(answer: Answer): readonly ContractDetails[] {
  if (answer.kind !== "answered") return [];
  return answer.events.flatMap((event) => event.type === "contract" ? event.details : []);
}

function refusalOf(answer: Exclude<Answer, { kind: "answered" }>): string {
  return answer.kind === "refused"
    ? `IB ${answer.code}: ${answer.message}`
    : `no answer within ${answer.afterMs / 1000} s`;
}

/** Runs `work` on every item, at most `most` at once; the first failure ends it. */
async function eachOf<T>(
  items: readonly T[],
  most: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item);
  };
  await Promise.all(Array.from({ length: most }, worker));
}
