/** The underlyings of the made-up market: ten of different kinds. */
import { parseTicker, type Ticker } from "../contract.ts";
import type { Surface } from "./surface.ts";

/** How often contracts of one root expire: the next so many of each kind. */
export interface ExpiryRule {
  readonly root: string;
  readonly days: number;
  readonly fridays: number;
  readonly thirdFridays: number;
  /** Third Fridays of January, June and December after those. */
  readonly far: number;
}

/**
 * Strikes `step` apart around the reference price, so many standard deviations below and above it.
 * The deviation is that of the time to expiry, but at most of `mostWeeks`: far expiries have no
 * fine strikes far out.
 */
export interface StrikeBand {
  readonly step: number;
  readonly below: number;
  readonly above: number;
  readonly mostWeeks: number;
}

/** Minimum price steps: below 3, and from 3 up. */
export interface TickRule {
  readonly small: number;
  readonly large: number;
}

/** What a takeover's options are priced by. */
export interface CashDeal {
  readonly cash: number;
  readonly breakPrice: number;
}

/** An underlying and all that its made-up options are made of. */
export interface Underlying {
  readonly ticker: Ticker;
  readonly name: string;
  readonly kind: "index" | "etf" | "stock";
  readonly primaryExchange: string;
  /** The price to which the walk comes back, and its volatility. */
  readonly reference: number;
  readonly walkVol: number;
  readonly rate: number;
  readonly dividendYield: number;
  readonly surface: Surface;
  readonly deal: CashDeal | null;
  readonly expiries: readonly ExpiryRule[];
  readonly strikes: readonly StrikeBand[];
  readonly ticks: TickRule;
  /** The spread of an option as a share of price^0.8, and trades of a near contract a day. */
  readonly spread: number;
  readonly trades: number;
  /** Shares traded in a day, and the spread of the share itself. */
  readonly shareVolume: number;
  readonly shareSpread: number;
}

/** Penny steps for all prices, pennies below 3 and nickels above, nickels and dimes. */
const PENNY: TickRule = { small: 0.01, large: 0.01 };
const PENNY_NICKEL: TickRule = { small: 0.01, large: 0.05 };
const NICKEL_DIME: TickRule = { small: 0.05, large: 0.1 };

function surface(shortVol: number, longVol: number, skew: number, curvature: number): Surface {
  return { shortVol, longVol, speed: 3, skew, curvature };
}

function near(step: number, below: number, above = below): StrikeBand {
  return { step, below, above, mostWeeks: 4 };
}

function middle(step: number, below: number, above = below): StrikeBand {
  return { step, below, above, mostWeeks: 13 };
}

function wings(step: number, below: number, above = below): StrikeBand {
  return { step, below, above, mostWeeks: 52 };
}

function expiries(
  root: string,
  days: number,
  fridays: number,
  thirdFridays: number,
  far: number,
): ExpiryRule {
  return { root, days, fridays, thirdFridays, far };
}

function named(text: string): Ticker {
  const ticker = parseTicker(text);
  if (!ticker) throw new RangeError(`Not a ticker: ${text}`);
  return ticker;
}

const STOCK = { kind: "stock", rate: 0, dividendYield: 0, deal: null } as const;

/** The underlyings in the order in which they are shown. */
export const UNDERLYINGS: readonly Underlying[] = [
  {
    ticker: named("SPX"),
    name: "S&P 500 Stock Index",
    kind: "index",
    primaryExchange: "CBOE",
    reference: 7500,
    walkVol: 0.14,
    rate: 0.04,
    dividendYield: 0.012,
    surface: surface(0.13, 0.19, -0.7, 1.15),
    deal: null,
    expiries: [expiries("SPX", 0, 0, 3, 2), expiries("SPXW", 6, 4, 2, 0)],
    strikes: [near(10, 0.9, 0.7), middle(50, 2.6, 1.6), wings(200, 5, 3)],
    ticks: NICKEL_DIME,
    spread: 0.012,
    trades: 900,
    shareVolume: 0,
    shareSpread: 0,
  },
  {
    ...STOCK,
    ticker: named("SPY"),
    name: "SPDR S&P 500 ETF Trust",
    kind: "etf",
    primaryExchange: "ARCA",
    reference: 748,
    walkVol: 0.14,
    surface: surface(0.13, 0.19, -0.7, 1.15),
    expiries: [expiries("SPY", 10, 3, 4, 2)],
    strikes: [near(1, 0.7, 0.5), middle(5, 2.4, 1.5), wings(20, 5, 3)],
    ticks: PENNY,
    spread: 0.006,
    trades: 2500,
    shareVolume: 70_000_000,
    shareSpread: 0.01,
  },
  {
    ...STOCK,
    ticker: named("AAPL"),
    name: "Apple Inc",
    primaryExchange: "NASDAQ",
    reference: 262,
    walkVol: 0.26,
    surface: surface(0.24, 0.29, -0.35, 1.2),
    expiries: [expiries("AAPL", 0, 6, 6, 3)],
    strikes: [near(2.5, 1.6), middle(5, 2.6, 2.2), wings(20, 5, 4)],
    ticks: PENNY_NICKEL,
    spread: 0.012,
    trades: 1200,
    shareVolume: 48_000_000,
    shareSpread: 0.01,
  },
  {
    ...STOCK,
    ticker: named("NVDA"),
    name: "NVIDIA Corp",
    primaryExchange: "NASDAQ",
    reference: 188,
    walkVol: 0.42,
    surface: surface(0.4, 0.44, -0.25, 1.1),
    expiries: [expiries("NVDA", 0, 6, 6, 3)],
    strikes: [near(2.5, 1.2), middle(5, 2), wings(20, 3.5, 4)],
    ticks: PENNY_NICKEL,
    spread: 0.012,
    trades: 1800,
    shareVolume: 160_000_000,
    shareSpread: 0.01,
  },
  {
    ...STOCK,
    ticker: named("AZO"),
    name: "AutoZone Inc",
    primaryExchange: "NYSE",
    reference: 3820,
    walkVol: 0.24,
    surface: surface(0.24, 0.27, -0.3, 1.1),
    expiries: [expiries("AZO", 0, 2, 4, 1)],
    strikes: [near(20, 1.6), middle(40, 2.6, 2.4), wings(100, 4)],
    ticks: NICKEL_DIME,
    spread: 0.07,
    trades: 8,
    shareVolume: 130_000,
    shareSpread: 1.2,
  },
  {
    ...STOCK,
    ticker: named("BRK-B"),
    name: "Berkshire Hathaway Inc",
    primaryExchange: "NYSE",
    reference: 505,
    walkVol: 0.16,
    surface: surface(0.15, 0.19, -0.45, 1.1),
    expiries: [expiries("BRKB", 0, 4, 5, 3)],
    strikes: [near(5, 2.2), middle(10, 4, 3), wings(50, 7, 4)],
    ticks: PENNY_NICKEL,
    spread: 0.02,
    trades: 120,
    shareVolume: 4_600_000,
    shareSpread: 0.05,
  },
  {
    ...STOCK,
    ticker: named("CROX"),
    name: "Crocs Inc",
    primaryExchange: "NASDAQ",
    reference: 96,
    walkVol: 0.45,
    surface: surface(0.5, 0.46, -0.25, 1),
    expiries: [expiries("CROX", 0, 3, 4, 2)],
    strikes: [near(2.5, 1), wings(5, 2.5)],
    ticks: NICKEL_DIME,
    spread: 0.045,
    trades: 30,
    shareVolume: 1_400_000,
    shareSpread: 0.06,
  },
  {
    ...STOCK,
    ticker: named("TGB"),
    name: "Taseko Mines Ltd",
    primaryExchange: "AMEX",
    reference: 4.1,
    walkVol: 0.6,
    surface: surface(0.65, 0.62, 0.15, 0.9),
    expiries: [expiries("TGB", 0, 0, 4, 1)],
    strikes: [near(0.5, 1.3, 1.8), wings(1, 2.5, 3)],
    ticks: NICKEL_DIME,
    spread: 0.06,
    trades: 10,
    shareVolume: 6_000_000,
    shareSpread: 0.01,
  },
  {
    ...STOCK,
    ticker: named("EA"),
    name: "Electronic Arts Inc",
    primaryExchange: "NASDAQ",
    reference: 206.4,
    walkVol: 0.02,
    surface: surface(0.05, 0.05, -0.3, 1),
    deal: { cash: 210, breakPrice: 162 },
    expiries: [expiries("EA", 0, 2, 5, 1)],
    strikes: [near(2.5, 2.2, 1.2), middle(5, 9, 5), wings(10, 22, 14)],
    ticks: NICKEL_DIME,
    spread: 0.06,
    trades: 40,
    shareVolume: 3_200_000,
    shareSpread: 0.02,
  },
  {
    ...STOCK,
    ticker: named("CSGS"),
    name: "CSG Systems International Inc",
    primaryExchange: "NASDAQ",
    reference: 79.9,
    walkVol: 0.02,
    surface: surface(0.05, 0.05, -0.3, 1),
    deal: { cash: 80.7, breakPrice: 62 },
    expiries: [expiries("CSGS", 0, 0, 4, 0)],
    strikes: [wings(5, 16, 9)],
    ticks: NICKEL_DIME,
    spread: 0.1,
    trades: 2,
    shareVolume: 700_000,
    shareSpread: 0.04,
  },
];
