/** The volatility of a chain: one answer, which the API gives and the page draws. */
import { conditionsByDay } from "../../db/day_facts.ts";
import { newestConditions } from "../../db/conditions.ts";
import { liveContracts } from "../../options/calendar.ts";
import { type IsoDate, parseOcc } from "../../options/contract.ts";
import { ivRank } from "../../options/iv_rank.ts";
import { chainJudge } from "../../options/quality.ts";
import { QUALITY_WORDS } from "../../options/quality_flags.ts";
import { maxPain, positionsOf, putCallOf } from "../../options/volatility/positions.ts";
import {
  type JudgedContract,
  type Smile,
  smileOf,
  volatilityAt,
} from "../../options/volatility/smile.ts";
import { toIso } from "../../options/wire/instant.ts";
import type { VolatilityAnswer } from "../../options/wire/volatility.ts";
import { daysUntil } from "../components/format.ts";
import type { KnownTicker, Services } from "../services.ts";

/** Strikes by the spot that the surface is told at. */
const MONEYNESS = [0.8, 0.85, 0.9, 0.95, 0.975, 1, 1.025, 1.05, 1.1, 1.15, 1.2];

const YEAR_MS = 365 * 86_400_000;

/** The contracts of one root at one expiry. */
interface Series {
  readonly root: string;
  readonly expiry: IsoDate;
  readonly contracts: JudgedContract[];
}

/**
 * The volatility of what is known of a ticker at a moment; of the named expiry, or of the first
 * that has a month to run. `undefined` where there is no such expiry.
 */
export async function volatilityOf(
  { database: { work } }: Pick<Services, "database">,
  known: KnownTicker,
  { nowMs, expiry: asked }: { readonly nowMs: number; readonly expiry?: IsoDate | undefined },
): Promise<VolatilityAnswer | undefined> {
  const { ticker, chain } = known;
  const spot = chain.spot?.value ?? null;
  const all = seriesOf(known, nowMs);
  const expiries = [...new Set(all.map(({ expiry }) => expiry))];
  const expiry = asked ?? usualExpiry(expiries, nowMs);
  if (expiry === undefined || !expiries.includes(expiry)) return undefined;
  const [conditions, history] = await Promise.all([
    newestConditions(work, ticker, nowMs),
    conditionsByDay(work, ticker, { fromMs: nowMs - YEAR_MS, toMs: nowMs }),
  ]);
  const days = (of: IsoDate): number => daysUntil(of, nowMs);
  const smiles = all.map((series) => ({ ...series, smile: smileOf(series.contracts, spot) }));
  const chosen = smiles.filter((one) => one.expiry === expiry);
  const { strikes: _, ...allPositions } = positionsAnswer(all.flatMap((one) => one.contracts));
  return {
    ticker,
    spotPrice: spot,
    expiry,
    expirations: expiries,
    atmIv: conditions?.atmIv ?? null,
    skew: conditions?.skew ?? null,
    asOf: conditions ? toIso(conditions.asOfMs) : null,
    ivRank: ivRank(history) ?? null,
    termStructure: (conditions?.expiries ?? []).map((one) => ({ ...one })),
    history: history.map((day) => ({ ...day })),
    smiles: chosen.map((one) => ({
      root: one.root,
      expiry: one.expiry,
      days: days(one.expiry),
      points: one.smile.points.map(({ seenAtMs, ...point }) => ({
        ...point,
        seenAt: toIso(seenAtMs),
      })),
      leftOut: [...one.smile.leftOut].sort(([, a], [, b]) => b - a).map(([flag, count]) => ({
        flag,
        words: QUALITY_WORDS[flag],
        count,
      })),
    })),
    surface: {
      moneyness: MONEYNESS,
      rows: smiles.map(({ root, expiry: of, smile }) => ({
        root,
        expiry: of,
        days: days(of),
        impliedVol: spot === null ? MONEYNESS.map(() => null) : surfaceRow(smile, spot),
      })).filter(({ impliedVol }) => impliedVol.some((one) => one !== null)),
    },
    positions: positionsAnswer(chosen.flatMap((one) => one.contracts)),
    allPositions,
  };
}

function surfaceRow(smile: Smile, spot: number): (number | null)[] {
  return MONEYNESS.map((moneyness) => volatilityAt(smile, moneyness * spot) ?? null);
}

function positionsAnswer(contracts: readonly JudgedContract[]): VolatilityAnswer["positions"] {
  const strikes = positionsOf(contracts);
  return { strikes, ...putCallOf(strikes), maxPain: maxPain(strikes) ?? null };
}

function seriesOf({ ticker, chain }: KnownTicker, nowMs: number): Series[] {
  const judge = chainJudge(chain, { ticker, nowMs });
  const series = new Map<string, Series>();
  for (const contract of liveContracts(chain, nowMs)) {
    const named = parseOcc(contract.occ);
    if (!named) throw new Error(`The key ${contract.occ} of a chain is no OCC symbol.`);
    const { root, expiry } = named;
    const key = `${expiry} ${root}`;
    let one = series.get(key);
    if (!one) series.set(key, one = { root, expiry, contracts: [] });
    one.contracts.push({ occ: contract.occ, fields: contract.fields, quality: judge(contract) });
  }
  return [...series].sort(([a], [b]) => a < b ? -1 : 1).map(([, one]) => one);
}

/** The first expiry with a month to run, as volatility is told for; else the last. */
function usualExpiry(expiries: readonly IsoDate[], nowMs: number): IsoDate | undefined {
  return expiries.find((expiry) => daysUntil(expiry, nowMs) >= 30) ?? expiries.at(-1);
}
