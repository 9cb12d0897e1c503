/** The list of tickers: price, course, volatility, freshness with its reason, agent and deal. */
import type { VNode } from "preact";
import type { TickerRow } from "../../options/wire/tickers.ts";
import { dealText, upOrDown } from "./chain/Head.tsx";
import { useLitText } from "./chain/lit.ts";
import { Course } from "./Course.tsx";
import { countOf, countText, dateTimeText, percentText, priceText, signedText } from "./format.ts";
import { FreshnessAndAge } from "./Freshness.tsx";
import { nextSort, type Sort, type SortKey, sortText } from "./sorting.ts";

/** What the table shows. */
export interface TickerListProps {
  /** In the order in which they are shown. */
  readonly rows: readonly TickerRow[];
  readonly sort: Sort;
  readonly onSort?: (sort: Sort) => void;
  /** Whether the reader may say what is watched. */
  readonly mayWatch: boolean;
}

/** The table of tickers. */
export function TickerList({ rows, sort, onSort, mayWatch }: TickerListProps): VNode {
  const head = (key: SortKey, words: string, isLeft = false) => (
    <SortHead column={key} words={words} isLeft={isLeft} sort={sort} onSort={onSort} />
  );
  return (
    <table class="list">
      <caption class="vh">Tickers with their last known price</caption>
      <thead>
        <tr>
          {head("ticker", "ticker")}
          {head("price", "price")}
          <th scope="col" class="course">today</th>
          {head("change", "change")}
          {head("iv", "IV 30 d")}
          {head("rank", "IV rank")}
          {head("chain", "chain", IS_LEFT)}
          <th scope="col" class="l">why not newer</th>
          {head("agent", "agent", IS_LEFT)}
          {head("known", "known / fresh")}
          <th scope="col">
            <span class="vh">remove</span>
          </th>
        </tr>
      </thead>
      <tbody>{rows.map((row) => <Line key={row.ticker} row={row} mayWatch={mayWatch} />)}</tbody>
    </table>
  );
}

const IS_LEFT = true;

interface SortHeadProps {
  readonly column: SortKey;
  readonly words: string;
  readonly isLeft: boolean;
  readonly sort: Sort;
  readonly onSort: ((sort: Sort) => void) | undefined;
}

function SortHead({ column, words, isLeft, sort, onSort }: SortHeadProps) {
  const isBy = sort.key === column;
  const next = nextSort(sort, column);
  return (
    <th
      scope="col"
      class={isLeft ? "l" : undefined}
      aria-sort={isBy ? (sort.isDown ? "descending" : "ascending") : undefined}
    >
      <a
        href={`/?sort=${sortText(next)}`}
        onClick={(event) => {
          if (!onSort || event.ctrlKey || event.metaKey) return;
          event.preventDefault();
          onSort(next);
        }}
      >
        {words}
        <span aria-hidden="true">{isBy ? (sort.isDown ? " ↓" : " ↑") : ""}</span>
      </a>
    </th>
  );
}

function Line({ row, mayWatch }: { row: TickerRow; mayWatch: boolean }) {
  return (
    <tr data-ticker={row.ticker}>
      <th scope="row">
        <a href={`/chains/${encodeURIComponent(row.ticker)}`}>{row.ticker}</a>
        {row.name === null || row.name === row.ticker ? null : <small>{row.name}</small>}
        {row.deal === null ? null : <small>{`deal: ${dealText(row.deal)}`}</small>}
      </th>
      <Price row={row} />
      <td class="course">
        <Course points={row.course} />
      </td>
      <Change row={row} />
      <td class="iv">
        {row.atmIv === null
          ? <None why="no clean volatility is known" />
          : `${percentText(row.atmIv, 1)} %`}
      </td>
      <Rank row={row} />
      <td class="l chain-age">
        {row.timestamp === null
          ? <span class="why">nothing read yet</span>
          : <FreshnessAndAge atMs={Date.parse(row.timestamp)} kind={row.kind} />}
      </td>
      <td class="l why">{whyText(row)}</td>
      <td class="l agent">{row.agentId ?? "none yet"}</td>
      <Known row={row} />
      <td class="remove">
        {mayWatch && row.deal === null ? <Remove ticker={row.ticker} /> : null}
      </td>
    </tr>
  );
}

function None({ why }: { why: string }) {
  return <span class="muted" title={why}>–</span>;
}

function whyText({ reason, agentId, ticker }: TickerRow): string {
  if (reason) return reason.sentence;
  if (agentId === null) {
    return `No agent has read it yet: deno task agent run --tickers ${ticker}`;
  }
  return "";
}

function Known({ row: { contractCount, freshCount, neverQuotedCount } }: { row: TickerRow }) {
  return (
    <td class="known">
      {`${countText(contractCount)} / ${countText(freshCount)}`}
      {neverQuotedCount === 0
        ? null
        : <small>{`${countText(neverQuotedCount)} never quoted`}</small>}
    </td>
  );
}

function Rank({ row: { ivRank } }: { row: TickerRow }) {
  if (!ivRank) {
    return (
      <td class="rank">
        <None why="a rank needs the volatility of two days" />
      </td>
    );
  }
  const { rank, percentile, days, firstDay } = ivRank;
  return (
    <td
      class="rank"
      title={`between the lowest (0) and the highest (100) of ${
        countOf(days, "day")
      } since ${firstDay}; ` +
        `lower on ${percentile} % of the days before`}
    >
      {countText(rank)}
      <small>{countOf(days, "day")}</small>
    </td>
  );
}

function Price({ row: { spotPrice, spotSeenAt } }: { row: TickerRow }) {
  const price = spotPrice === null ? "none yet" : priceText(spotPrice);
  const lit = useLitText(price);
  if (spotPrice === null) return <td class="price why">{price}</td>;
  const seen = spotSeenAt === null ? "" : `seen ${dateTimeText(Date.parse(spotSeenAt))} New York`;
  return <td class={`price ${lit ?? ""}`} title={seen}>{price}</td>;
}

function Change({ row: { change, changePercent } }: { row: TickerRow }) {
  if (change === null || changePercent === null) {
    return (
      <td class="change">
        <None why="no earlier price is known" />
      </td>
    );
  }
  return (
    <td class={`change ${upOrDown(changePercent)}`} title={signedText(change)}>
      {`${signedText(changePercent)} %`}
    </td>
  );
}

function Remove({ ticker }: { ticker: string }) {
  return (
    <form method="post" action="/watches/remove">
      <input type="hidden" name="ticker" value={ticker} />
      <button
        type="submit"
        class="quiet"
        title={`Stop watching ${ticker}; what is known of it stays in the database`}
      >
        <span aria-hidden="true">×</span>
        <span class="vh">{`Stop watching ${ticker}`}</span>
      </button>
    </form>
  );
}
