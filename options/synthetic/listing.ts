/** Which contracts of an underlying are listed: expiries by the exchange's calendar, strikes by bands. */
import { type Contract, type IsoDate, makeContract } from "../contract.ts";
import { atTheMoneyVariance } from "./surface.ts";
import { expiresAtMs, newYorkDate, type Session, sessionBefore, sessionOn } from "../calendar.ts";
import { addDays } from "../holidays.ts";
import { optionClassOf } from "../option_class.ts";
import type { ExpiryRule, Underlying } from "./underlyings.ts";

const YEAR_MS = 365 * 86_400_000;
const FRIDAY = 5;

/** A listed contract, the last day on which it trades, and when its price is settled. */
export interface ListedContract {
  readonly contract: Contract;
  readonly underlying: Underlying;
  readonly lastTradeDate: IsoDate;
  readonly settlesAtMs: number;
  /** The end of its trading on the last day; it is not listed from then on. */
  readonly leavesAtMs: number;
}

/** An expiry of one root. */
interface Expiry {
  readonly date: IsoDate;
  readonly lastTradeDate: IsoDate;
  readonly settlesAtMs: number;
  readonly leavesAtMs: number;
}

/** The contracts of an underlying that are listed at a time, by root, expiry, strike and right. */
export function listContracts(underlying: Underlying, atMs: number): readonly ListedContract[] {
  const listed: ListedContract[] = [];
  for (const rule of underlying.expiries) {
    for (const expiry of expiriesOf(rule, atMs)) {
      const { lastTradeDate, settlesAtMs, leavesAtMs } = expiry;
      for (const strike of strikesOf(underlying, settlesAtMs - atMs)) {
        for (const right of ["C", "P"] as const) {
          const contract = makeContract(rule.root, expiry.date, right, strike);
          if (!contract) throw new RangeError(`No contract ${rule.root} ${strike}`);
          listed.push({
            contract,
            underlying,
            lastTradeDate,
            settlesAtMs,
            leavesAtMs,
          });
        }
      }
    }
  }
  return listed;
}

/** The expiries of a root that still trade at a time, the nearest first. */
function expiriesOf(rule: ExpiryRule, atMs: number): readonly Expiry[] {
  const today = newYorkDate(atMs);
  const chosen = new Map<IsoDate, Expiry>();
  const left = { days: rule.days, fridays: rule.fridays, third: rule.thirdFridays, far: rule.far };
  for (let ahead = 0; ahead < 1200 && Object.values(left).some((count) => count > 0); ahead++) {
    const day = addDays(today, ahead);
    const friday = new Date(day).getUTCDay() === FRIDAY;
    // What would expire on a holiday expires the session before.
    const session = sessionOn(day) ?? sessionBefore(day);
    const { date } = session;
    const expiry = expiryOn(rule, session);
    if (expiry.leavesAtMs <= atMs) continue;
    const third = friday && isThirdFriday(day);
    let wanted = false;
    if (left.days > 0 && date === day) {
      left.days--;
      wanted = true;
    }
    if (left.fridays > 0 && friday) {
      left.fridays--;
      wanted = true;
    }
    if (left.third > 0 && third) {
      left.third--;
      wanted = true;
    } else if (left.far > 0 && third && ["01", "06", "12"].includes(day.slice(5, 7))) {
      left.far--;
      wanted = true;
    }
    if (wanted) chosen.set(date, expiry);
  }
  return [...chosen.values()];
}

function expiryOn(rule: ExpiryRule, session: Session): Expiry {
  const { date } = session;
  const settlesOnOpen = optionClassOf(rule.root) === "am-index";
  return {
    date,
    lastTradeDate: settlesOnOpen ? sessionBefore(date).date : date,
    settlesAtMs: settlesOnOpen ? session.openMs : session.closeMs,
    leavesAtMs: expiresAtMs({ root: rule.root, expiry: date }),
  };
}

function isThirdFriday(day: IsoDate): boolean {
  const dayOfMonth = Number(day.slice(8));
  return dayOfMonth >= 15 && dayOfMonth <= 21;
}

/**
 * The strikes of an expiry. The bands' widths count the three weeks over which the walk swings
 * besides the time to expiry, so that the listed strikes need not follow the price.
 */
function strikesOf(underlying: Underlying, leftMs: number): readonly number[] {
  const { reference, surface, strikes: bands } = underlying;
  // Whole weeks, so that an expiry keeps its strikes for a week at a time.
  const weeksLeft = Math.ceil(Math.max(0, leftMs) / (YEAR_MS / 52));
  const strikes = new Set<number>();
  for (const { step, below, above, mostWeeks } of bands) {
    const weeks = Math.min(weeksLeft, mostWeeks) + 3;
    const deviation = Math.sqrt(atTheMoneyVariance(surface, weeks / 52));
    const first = Math.ceil(reference * Math.exp(-below * deviation) / step);
    const last = Math.floor(reference * Math.exp(above * deviation) / step);
    for (let at = Math.max(1, first); at <= last; at++) strikes.add(at * step);
  }
  return [...strikes].sort((a, b) => a - b);
}
