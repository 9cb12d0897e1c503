/** The moving list of tickers. */
import type { VNode } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { ServerMessage, TickersMessage } from "../../options/wire/live.ts";
import type { TickerRow } from "../../options/wire/tickers.ts";
import { tickingClock } from "../client/ticking.ts";
import { useFeed } from "../client/use_feed.ts";
import { PageClockContext } from "../components/clock.ts";
import { countOf } from "../components/format.ts";
import { filterRows, type Sort, sortRows, sortText } from "../components/sorting.ts";
import { TickerList } from "../components/TickerList.tsx";

/** Everything as JSON. */
export interface TickersViewProps {
  readonly nowMs: number;
  readonly rows: readonly TickerRow[];
  readonly sort: Sort;
  readonly filter: string;
  /** Whether the reader may say what is watched. */
  readonly mayWatch: boolean;
}

export default function TickersView(props: TickersViewProps): VNode {
  const clock = useMemo(() => tickingClock(props.nowMs), []);
  const [rows, setRows] = useState(props.rows);
  const [sort, setSort] = useState(props.sort);
  const [filter, setFilter] = useState(props.filter);
  const offline = useFeed({
    clock,
    subscription: () => ({ type: "subscribe_tickers" }),
    take(message: ServerMessage) {
      if (message.type === "tickers") setRows((known) => takeRows(known, message));
      return true;
    },
  });
  const shown = sortRows(filterRows(rows, filter), sort);
  return (
    <PageClockContext.Provider value={clock}>
      <p class="offline" role="status">{offline ?? ""}</p>
      <div class="tools">
        <form method="get" action="/" role="search" onSubmit={(event) => event.preventDefault()}>
          <input type="hidden" name="sort" value={sortText(sort)} />
          <input
            type="search"
            name="filter"
            aria-label="Filter the tickers"
            placeholder="Filter"
            value={filter}
            maxLength={40}
            onInput={(event) => setFilter(event.currentTarget.value)}
          />
          <span class="muted" role="status">
            {filter.trim() === "" ? "" : `${shown.length} of ${countOf(rows.length, "ticker")}`}
          </span>
        </form>
        {props.mayWatch ? <WatchForm /> : null}
      </div>
      {rows.length === 0
        ? <NoTickers />
        : <TickerList rows={shown} sort={sort} onSort={setSort} mayWatch={props.mayWatch} />}
    </PageClockContext.Provider>
  );
}

function WatchForm() {
  return (
    <form method="post" action="/watches">
      <input
        name="ticker"
        aria-label="Ticker to watch"
        placeholder="Ticker, like AAPL"
        required
        maxLength={14}
        size={16}
        autocomplete="off"
        spellcheck={false}
      />{" "}
      <button type="submit">Watch</button>
    </form>
  );
}

function NoTickers() {
  return (
    <div class="note">
      No ticker is watched yet. Watch one above or with{" "}
      <code>deno task watch add AAPL</code>, or add a deal with{" "}
      <code>deno task deals add EA --cash 210 --close 2026-12-31</code>.
    </div>
  );
}

function takeRows(known: readonly TickerRow[], message: TickersMessage): readonly TickerRow[] {
  if (message.whole) return message.rows;
  const rows = new Map([...known, ...message.rows].map((row) => [row.ticker, row]));
  return [...rows.values()].sort((a, b) => a.ticker < b.ticker ? -1 : 1);
}
