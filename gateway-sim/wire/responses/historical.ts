/** historicalData (17). */
import type { Bar } from "../../market/market.ts";
import type { Field } from "../fields.ts";

/** What the answer says besides the bars. Times are text already. */
export interface HistoricalDataContext {
  readonly reqId: number;
  readonly start: string;
  readonly end: string;
  /** The `date` field of a bar. */
  readonly date: (bar: Bar) => string;
  /** Volume, average and count are -1 for quotes: only trades have them. */
  readonly trades: boolean;
}

/** historicalData with all its bars: below version 196 start and end come first. */
export function historicalData(bars: readonly Bar[], context: HistoricalDataContext): string {
  const fields: Field[] = [17, context.reqId, context.start, context.end, bars.length];
  for (const bar of bars) {
    fields.push(context.date(bar), bar.open, bar.high, bar.low, bar.close);
    if (context.trades) fields.push(bar.volume, bar.average, bar.count);
    else fields.push(-1, -1, -1);
  }
  // Not by spreading into encodeFields: a year of minutes is more arguments than a call may have.
  return fields.join("\0") + "\0";
}
