/**
 * Which options there are on an underlying: option parameters tell trading classes and expiries,
 * contract details per (class, expiry) the contracts. The parameters' strikes are of all expiries
 * together, so most combinations do not exist; asking for each would cost an error apiece.
 */
import { type Contract as IbContract, type ContractDetails, SecType } from "@stoqey/ib";
import type { Clock } from "../../base/clock.ts";
import {
  type Contract,
  type IsoDate,
  type OccSymbol,
  parseIsoDate,
  parseOcc,
  type Ticker,
} from "../../options/contract.ts";
import type { Connection } from "../gateway/connection.ts";
import type { OptionParameters } from "../gateway/events.ts";
import { type Answer, ask } from "./ask.ts";
import type { ExpiryChoice } from "./expiries.ts";
import { ibSymbol, underlyingCandidates } from "./underlying.ts";

/** The underlying as the gateway knows it. */
export interface Underlying {
  readonly contract: IbContract;
  readonly conId: number;
  readonly secType: SecType;
}

/** One option that the gateway lists. */
export interface Listing {
  readonly contract: Contract;
  readonly conId: number;
  readonly multiplier: number | null;
}

/** One trading class and the expiries to ask for, as the gateway writes them. */
export interface ClassExpiry {
  readonly tradingClass: string;
  readonly expiry: string;
}

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

/** Contract details of a whole expiry can take a minute; more than three at once are throttled. */
const DETAILS_DEADLINE_MS = 60_000;
const DETAILS_IN_FLIGHT = 3;
const SHORT_DEADLINE_MS = 15_000;

/** Resolves the ticker; the gateway's sentence where it knows no such underlying. */
export async function resolveUnderlying(
  connection: Connection,
  clock: Clock,
  ticker: Ticker,
): Promise<Underlying | { readonly refusal: string }> {
  let refusal = "it answered with no contract";
  for (const contract of underlyingCandidates(ticker)) {
    const answer = await ask(connection, clock, {
      send: (api, id) => void api.reqContractDetails(id, contract),
      deadlineMs: SHORT_DEADLINE_MS,
    });
    const details = detailsOf(answer)[0];
    const conId = details?.contract.conId;
    if (details && conId !== undefined) {
      return { contract: details.contract, conId, secType: contract.secType ?? SecType.STK };
    }
    if (answer.kind !== "answered") refusal = refusalOf(answer);
  }
  return { refusal };
}

/** Lists the options of an underlying, of the expiries that `choose` chooses. */
export async function listOptions(
  connection: Connection,
  clock: Clock,
  query: {
    readonly ticker: Ticker;
    readonly underlying: Underlying;
    readonly choose: ExpiryChoice;
  },
): Promise<Chain | { readonly refusal: string }> {
  const { ticker, underlying } = query;
  const answer = await ask(connection, clock, {
    // The exchange must be empty: with a named one a share has no chains, without an error.
    send: (api, id) =>
      void api.reqSecDefOptParams(id, ibSymbol(ticker), "", underlying.secType, underlying.conId),
    deadlineMs: SHORT_DEADLINE_MS,
  });
  if (answer.kind !== "answered") return { refusal: refusalOf(answer) };
  const rows = answer.events.flatMap((event) =>
    event.type === "parameters" ? event.parameters : []
  );
  const parts = chooseParts(rows, query.choose);
  const found = new Map<OccSymbol, Listing>();
  const unlisted: UnlistedPart[] = [];
  let unnamed = 0;
  await eachOf(parts, DETAILS_IN_FLIGHT, async (part) => {
    const details = await ask(connection, clock, {
      send: (api, id) => void api.reqContractDetails(id, optionQuery(ibSymbol(ticker), part)),
      deadlineMs: DETAILS_DEADLINE_MS,
    });
    if (details.kind !== "answered") unlisted.push({ ...part, reason: refusalOf(details) });
    for (const each of detailsOf(details)) {
      const listing = toListing(each);
      if (listing) found.set(listing.contract.occ, listing);
      else unnamed++;
    }
  });
  return { listings: [...found.values()], unlisted, unnamed };
}

/**
 * The (class, expiry) pairs to ask for: of the rows of SMART, or of every exchange where SMART has
 * none, merged by trading class. Old roots of adjusted or merged companies are classes like others.
 */
export function chooseParts(
  rows: readonly OptionParameters[],
  choose: ExpiryChoice,
): readonly ClassExpiry[] {
  const smart = rows.filter((row) => row.exchange === "SMART");
  const byClass = new Map<string, Map<IsoDate, string>>();
  for (const row of smart.length > 0 ? smart : rows) {
    const expiries = byClass.get(row.tradingClass) ?? new Map<IsoDate, string>();
    for (const text of row.expiries) {
      const expiry = parseIsoDate(text);
      if (expiry) expiries.set(expiry, text);
    }
    byClass.set(row.tradingClass, expiries);
  }
  const listed = [...new Set([...byClass.values()].flatMap((days) => [...days.keys()]))].sort();
  const chosen = new Set(choose(listed));
  return [...byClass].flatMap(([tradingClass, days]) =>
    [...days].filter(([expiry]) => chosen.has(expiry))
      .map(([, expiry]) => ({ tradingClass, expiry }))
  ).sort((a, b) => a.expiry.localeCompare(b.expiry));
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

function detailsOf(answer: Answer): readonly ContractDetails[] {
  if (answer.kind !== "answered") return [];
  return answer.events.flatMap((event) => event.type === "contract" ? event.details : []);
}

function refusalOf(answer: Exclude<Answer, { kind: "answered" }>): string {
  return answer.kind === "refused"
    ? `IB ${answer.code}: ${answer.message}`
    : `no answer within ${answer.afterMs / 1000} s, twice`;
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
