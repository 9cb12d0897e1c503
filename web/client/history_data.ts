/** The history of a contract as charts take it: by column, read page by page from the API. */
import type { BarsAnswer } from "../../options/wire/bars.ts";
import type { ContractHistoryAnswer, QuoteRow } from "../../options/wire/history.ts";

/** One number a moment, in the order of time; null is none. */
export interface HistoryColumns {
  /** Seconds since 1970, as the charts count. */
  readonly atS: readonly number[];
  readonly bid: readonly (number | null)[];
  readonly ask: readonly (number | null)[];
  readonly last: readonly (number | null)[];
  /** In percent. */
  readonly iv: readonly (number | null)[];
  readonly openInterest: readonly (number | null)[];
  readonly volume: readonly (number | null)[];
  /** How many of the reads came late. */
  readonly late: number;
}

/**
 * Reads a range, the last of each `step` of it or every read (null), calling `progress` with the rows so
 * far. Rejects where the server cannot answer.
 */
export async function readHistory(
  occ: string,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  step: string | null,
  signal: AbortSignal,
  progress: (rows: number) => void,
): Promise<HistoryColumns> {
  const rows: QuoteRow[] = [];
  const to = new Date(toMs).toISOString();
  let from: string | null = new Date(fromMs).toISOString();
  while (from !== null) {
    const query = new URLSearchParams({ from, to, ...(step === null ? {} : { step }) });
    const response: Response = await fetch(`/api/contracts/${occ}/history?${query}`, { signal });
    if (!response.ok) throw new Error(`The server answered ${response.status}.`);
    // The server is of the same origin and answers what `options/wire/history.ts` says.
    const answer = await response.json() as ContractHistoryAnswer;
    rows.push(...answer.quotes);
    from = answer.next;
    progress(rows.length);
  }
  return columnsOf(rows);
}

/**
 * Rows by column. A real price is above 0: what a read had none of leaves a gap.
 *
 * @example
 * ```ts
 * import { columnsOf } from "./history_data.ts";
 * console.assert(columnsOf([]).atS.length === 0);
 * ```
 */
export function columnsOf(rows: readonly QuoteRow[]): HistoryColumns {
  const real = (value: number | null): number | null => value !== null && value > 0 ? value : null;
  return {
    atS: rows.map(({ asOf }) => Date.parse(asOf) / 1_000),
    bid: rows.map(({ bid }) => real(bid)),
    ask: rows.map(({ ask }) => real(ask)),
    last: rows.map(({ last }) => real(last)),
    iv: rows.map(({ implied_vol }) =>
      implied_vol !== null && implied_vol > 1e-4 ? implied_vol * 100 : null
    ),
    openInterest: rows.map((row) => row.open_interest),
    volume: rows.map(({ volume }) => volume),
    late: rows.filter(({ late }) => late).length,
  };
}

/** IB's bars of a contract's last year, by day; why there are none, where there are none. */
export async function readBars(occ: string, signal: AbortSignal): Promise<BarsAnswer> {
  const query = new URLSearchParams({ what: "TRADES", bar: "1d", duration: "1Y" });
  const response = await fetch(`/api/contracts/${occ}/bars?${query}`, { signal });
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  // As above, by `options/wire/bars.ts`.
  return await response.json() as BarsAnswer;
}
