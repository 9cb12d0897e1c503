/** The moving list of tickers. */
import type { VNode } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { ServerMessage, TickersMessage } from "../../options/wire/live.ts";
import type { TickerRow } from "../../options/wire/tickers.ts";
import { tickingClock } from "../client/ticking.ts";
import { useFeed } from "../client/use_feed.ts";
import { PageClockContext } from "../components/clock.ts";
import { TickerList } from "../components/TickerList.tsx";

/** Everything as JSON. */
export interface TickersViewProps {
  readonly nowMs: number;
  readonly rows: readonly TickerRow[];
}

export default function TickersView(props: TickersViewProps): VNode {
  const clock = useMemo(() => tickingClock(props.nowMs), []);
  const [rows, setRows] = useState(props.rows);
  const offline = useFeed({
    clock,
    subscription: () => ({ type: "subscribe_tickers" }),
    take(message: ServerMessage) {
      if (message.type === "tickers") setRows((known) => takeRows(known, message));
      return true;
    },
  });
  return (
    <PageClockContext.Provider value={clock}>
      <p class="offline" role="status">{offline ?? ""}</p>
      {rows.length === 0 ? <NoTickers /> : <TickerList rows={rows} />}
    </PageClockContext.Provider>
  );
}

function NoTickers() {
  return (
    <div class="note">
      No ticker is watched yet. Watch one with{" "}
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
