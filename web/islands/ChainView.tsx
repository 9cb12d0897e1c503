/** The chain page's moving part: its head, its tabs and the tables of what it shows. */
import type { VNode } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { OccSymbol } from "../../options/contract.ts";
import type { ChainState } from "../../options/wire/chain.ts";
import type { ServerMessage } from "../../options/wire/live.ts";
import { cellOf, firstCell, focusCell, moveByKey } from "../client/cell_keys.ts";
import { type ShownChain, takeChain, takeDelta } from "../client/live_chain.ts";
import { tickingClock } from "../client/ticking.ts";
import { useFeed } from "../client/use_feed.ts";
import { chainAddress, volatilityAddress } from "../components/chain/address.ts";
import { ChainBody } from "../components/chain/ChainBody.tsx";
import { chosenColumns, columnAt, type Columns, fieldsOf } from "../components/chain/columns.ts";
import { ColumnsMenu } from "../components/chain/ColumnsMenu.tsx";
import { FetchChain } from "../components/chain/FetchChain.tsx";
import { Head } from "../components/chain/Head.tsx";
import { Inspector } from "../components/chain/Inspector.tsx";
import { type PackedContracts, unpackContracts } from "../components/chain/packed.ts";
import type { StrikeWindows } from "../components/chain/sections.ts";
import { Tabs } from "../components/chain/Tabs.tsx";
import { ThenBar } from "../components/chain/ThenBar.tsx";
import type { ExpiryTab, Shown, Strikes, Then, TickerHead } from "../components/chain/view.ts";
import { PageClockContext, stillClock, useZone, ZoneContext } from "../components/clock.ts";

/** Everything as JSON. */
export interface ChainViewProps {
  readonly nowMs: number;
  readonly head: TickerHead;
  readonly state: ChainState;
  readonly tabs: readonly ExpiryTab[];
  readonly shown: Shown;
  readonly strikes: Strikes;
  /** The strikes around the money, where not all are shown. */
  readonly windows: StrikeWindows;
  /** The columns that the reader chose; null for the usual ones. */
  readonly choice: readonly string[] | null;
  /** The moment of the past that is shown; null is now. */
  readonly then: Then | null;
  readonly contracts: PackedContracts;
}

export default function ChainView(props: ChainViewProps): VNode {
  const { head, shown, strikes, then, choice } = props;
  const clock = useMemo(() => tickingClock(props.nowMs), []);
  const columns = useMemo(() => chosenColumns(choice), []);
  const [chain, setChain] = useState(() => rendered(props, columns));
  // The feed's functions live as long as the page and need the newest chain, not the first.
  const newest = useRef(chain);
  const zone = useZone();

  function take(message: ServerMessage): boolean {
    const next = message.type === "chain"
      ? takeChain(newest.current, message)
      : message.type === "delta"
      ? takeDelta(newest.current, message)
      : newest.current;
    if (!next) return false;
    newest.current = next;
    setChain(next);
    return true;
  }

  const offline = useFeed({
    clock,
    take,
    isOn: then === null,
    subscription: () => ({
      type: "subscribe",
      ticker: head.ticker,
      sinceSeq: newest.current.state.seq,
      ...(shown === "all" ? {} : { expiry: shown }),
    }),
  });

  const atMs = then?.atMs ?? null;
  const here = chainAddress(head.ticker, { shown, strikes, atMs });
  const cells = useRef<HTMLDivElement>(null);
  return (
    <PageClockContext.Provider value={then ? stillClock(then.atMs) : clock}>
      <ZoneContext.Provider value={zone}>
        <Head of={head} state={chain.state} offline={offline}>
          <div class="act">
            {then === null
              ? (
                <FetchChain
                  ticker={head.ticker}
                  contracts={chain.contracts.values()}
                  nowMs={clock.nowMs}
                />
              )
              : null}
            <ColumnsMenu choice={choice} back={here} />
            <a class="button" href={volatilityAddress(head.ticker, atMs)}>Volatility</a>
            {then === null
              ? (
                <a
                  class="button"
                  href={chainAddress(head.ticker, { shown, strikes, atMs: props.nowMs })}
                >
                  At a moment…
                </a>
              )
              : null}
          </div>
        </Head>
        {then === null
          ? null
          : <ThenBar ticker={head.ticker} shown={shown} strikes={strikes} then={then} />}
        <Tabs ticker={head.ticker} tabs={chain.tabs} shown={shown} atMs={atMs} />
        <div ref={cells}>
          <ChainBody
            ticker={head.ticker}
            contracts={chain.contracts.values()}
            columns={columns}
            spot={chain.state.spotPrice}
            windows={props.windows}
            allStrikes={chainAddress(head.ticker, { shown, strikes: "all", atMs })}
          />
        </div>
        <PointedAt cells={cells} chain={chain} columns={columns} />
      </ZoneContext.Provider>
    </PageClockContext.Provider>
  );
}

function rendered({ state, tabs, contracts }: ChainViewProps, columns: Columns): ShownChain {
  const known = unpackContracts(contracts).map((contract) => [contract.occ, contract] as const);
  return { state, tabs, contracts: new Map(known), fields: fieldsOf(columns) };
}

/** The cell under the pointer or with the focus: whose it is, and which of its row. */
interface Place {
  readonly occ: OccSymbol;
  readonly cellIndex: number;
}

interface PointedAtProps {
  readonly cells: { readonly current: HTMLDivElement | null };
  readonly chain: ShownChain;
  readonly columns: Columns;
}

/**
 * Follows pointer, focus and keys in the tables, by one listener each however many cells there are;
 * apart from the tables, which are not drawn again when one points elsewhere.
 */
function PointedAt({ cells, chain, columns }: PointedAtProps): VNode {
  const [place, setPlace] = useState<Place | null>(null);
  useEffect(() => {
    const root = cells.current;
    if (!root) return;
    const at = (event: Event): void => {
      const found = placeOf(event.target);
      if (found) setPlace((before) => same(before, found) ? before : found);
    };
    const key = (event: KeyboardEvent): void => {
      const cell = cellOf(event.target);
      if (!cell) return;
      const occ = placeOf(cell)?.occ;
      if (event.key === "Enter" && occ && event.target === cell) {
        location.assign(`/contracts/${occ}`);
      } else if (moveByKey(cell, event)) event.preventDefault();
    };
    const click = (event: MouseEvent): void => {
      const cell = cellOf(event.target);
      if (cell && !(event.target instanceof Element && event.target.closest("a"))) focusCell(cell);
    };
    // The tables are entered by Tab at the money; from there the arrows go on.
    const first = firstCell(root);
    if (first) first.tabIndex = 0;
    root.addEventListener("mouseover", at);
    root.addEventListener("focusin", at);
    root.addEventListener("keydown", key);
    root.addEventListener("click", click);
    return () => {
      root.removeEventListener("mouseover", at);
      root.removeEventListener("focusin", at);
      root.removeEventListener("keydown", key);
      root.removeEventListener("click", click);
    };
  }, []);
  const contract = place && chain.contracts.get(place.occ);
  const column = place ? columnAt(columns, place.cellIndex) : null;
  return <Inspector pointed={contract ? { contract, column } : null} />;
}

function placeOf(target: EventTarget | null): Place | null {
  const cell = cellOf(target);
  const row = cell?.closest("tr");
  if (!cell || !row) return null;
  const isPut = cell.classList.contains("put");
  // The attributes hold the symbols that the rows were drawn with.
  const occ = row.dataset[isPut ? "put" : "call"] ?? row.dataset[isPut ? "call" : "put"];
  if (occ === undefined) return null;
  return { occ: occ as OccSymbol, cellIndex: cell.cellIndex };
}

function same(before: Place | null, now: Place): boolean {
  return before?.occ === now.occ && before.cellIndex === now.cellIndex;
}
