/** Tick types by number (ibapi's `ticktype.py`): live and delayed data have different ones. */

/** The numbers of one kind of data. */
export interface TickNumbers {
  readonly bid: number;
  readonly ask: number;
  readonly last: number;
  readonly bidSize: number;
  readonly askSize: number;
  readonly lastSize: number;
  readonly high: number;
  readonly low: number;
  readonly volume: number;
  readonly close: number;
  readonly open: number;
  readonly lastTimestamp: number;
  readonly halted: number;
  readonly bidComputation: number;
  readonly askComputation: number;
  readonly lastComputation: number;
  readonly modelComputation: number;
}

/** Live and frozen data. */
export const LIVE_TICKS: TickNumbers = {
  bidSize: 0,
  bid: 1,
  ask: 2,
  askSize: 3,
  last: 4,
  lastSize: 5,
  high: 6,
  low: 7,
  volume: 8,
  close: 9,
  bidComputation: 10,
  askComputation: 11,
  lastComputation: 12,
  modelComputation: 13,
  open: 14,
  lastTimestamp: 45,
  halted: 49,
};

/** Delayed and delayed-frozen data. */
export const DELAYED_TICKS: TickNumbers = {
  bid: 66,
  ask: 67,
  last: 68,
  bidSize: 69,
  askSize: 70,
  lastSize: 71,
  high: 72,
  low: 73,
  volume: 74,
  close: 75,
  open: 76,
  bidComputation: 80,
  askComputation: 81,
  lastComputation: 82,
  modelComputation: 83,
  lastTimestamp: 88,
  halted: 90,
};

/** What generic ticks bring; the same numbers for live and delayed data. */
export const GENERIC_TICKS = {
  historicalVol: 23,
  impliedVol: 24,
  callOpenInterest: 27,
  putOpenInterest: 28,
  callVolume: 29,
  putVolume: 30,
} as const;
