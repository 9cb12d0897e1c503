/** How the list of tickers is sorted and which of it is shown. */
import type { TickerRow } from "../../options/wire/tickers.ts";

/** What rows are sorted by. */
export const SORT_KEYS = [
  "ticker",
  "price",
  "change",
  "iv",
  "rank",
  "chain",
  "agent",
  "known",
] as const;

/** What rows are sorted by. */
export type SortKey = typeof SORT_KEYS[number];

/** A sorting: `-change` in an address is from the highest down. */
export interface Sort {
  readonly key: SortKey;
  readonly isDown: boolean;
}

const BY_TICKER: Sort = { key: "ticker", isDown: false };

const VALUES: Readonly<Record<SortKey, (row: TickerRow) => string | number | null>> = {
  ticker: (row) => row.ticker,
  price: (row) => row.spotPrice,
  change: (row) => row.changePercent,
  iv: (row) => row.atmIv,
  rank: (row) => row.ivRank?.rank ?? null,
  chain: (row) => row.timestamp,
  agent: (row) => row.agentId,
  known: (row) => row.contractCount,
};

/** The sorting that an address names; else by ticker. */
export function readSort(text: string | undefined): Sort {
  const isDown = text?.startsWith("-") ?? false;
  const key = SORT_KEYS.find((one) => one === (isDown ? text?.slice(1) : text));
  return key === undefined ? BY_TICKER : { key, isDown };
}

/** The sorting as an address names it. */
export function sortText({ key, isDown }: Sort): string {
  return isDown ? `-${key}` : key;
}

/** The sorting after a head was chosen: the other way round where it was this one already. */
export function nextSort(now: Sort, key: SortKey): Sort {
  return { key, isDown: now.key === key ? !now.isDown : false };
}

/** The rows in their order; those without a value come last, whichever way. */
export function sortRows(rows: readonly TickerRow[], { key, isDown }: Sort): TickerRow[] {
  const valueOf = VALUES[key];
  return rows.toSorted((a, b) => {
    const [one, other] = [valueOf(a), valueOf(b)];
    if (one === null || other === null) return Number(one === null) - Number(other === null);
    if (one === other) return a.ticker < b.ticker ? -1 : 1;
    return (one < other ? -1 : 1) * (isDown ? -1 : 1);
  });
}

/** The rows that a text is part of: of their ticker, name, agent, or of why they are not newer. */
export function filterRows(rows: readonly TickerRow[], text: string): readonly TickerRow[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return rows;
  return rows.filter((row) =>
    [row.ticker, row.name, row.agentId, row.reason?.label, row.freshness, row.deal ? "deal" : null]
      .some((part) => part?.toLowerCase().includes(wanted) ?? false)
  );
}
