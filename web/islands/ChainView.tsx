/** The chain page's moving part: its head, its tabs and the tables of what it shows. */
import type { VNode } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import type { ChainState } from "../../options/wire/chain.ts";
import type { ServerMessage } from "../../options/wire/live.ts";
import { type ShownChain, takeChain, takeDelta } from "../client/live_chain.ts";
import { tickingClock } from "../client/ticking.ts";
import { useFeed } from "../client/use_feed.ts";
import { PageClockContext } from "../components/clock.ts";
import { ChainBody } from "../components/chain/ChainBody.tsx";
import { Head } from "../components/chain/Head.tsx";
import { type PackedContracts, unpackContracts } from "../components/chain/packed.ts";
import { Tabs } from "../components/chain/Tabs.tsx";
import type { ExpiryTab, Shown, TickerHead } from "../components/chain/view.ts";

/** Everything as JSON. */
export interface ChainViewProps {
  readonly nowMs: number;
  readonly head: TickerHead;
  readonly state: ChainState;
  readonly tabs: readonly ExpiryTab[];
  readonly shown: Shown;
  readonly contracts: PackedContracts;
}

export default function ChainView(props: ChainViewProps): VNode {
  const { head, shown } = props;
  const clock = useMemo(() => tickingClock(props.nowMs), []);
  const [chain, setChain] = useState(() => rendered(props));
  // The feed's functions live as long as the page and need the newest chain, not the first.
  const newest = useRef(chain);

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
    subscription: () => ({
      type: "subscribe",
      ticker: head.ticker,
      sinceSeq: newest.current.state.seq,
      ...(shown === "all" ? {} : { expiry: shown }),
    }),
  });

  return (
    <PageClockContext.Provider value={clock}>
      <Head of={head} state={chain.state} offline={offline} />
      <Tabs ticker={head.ticker} tabs={chain.tabs} shown={shown} />
      <ChainBody
        ticker={head.ticker}
        contracts={[...chain.contracts.values()]}
        spot={chain.state.spotPrice}
      />
    </PageClockContext.Provider>
  );
}

function rendered({ state, tabs, contracts }: ChainViewProps): ShownChain {
  const known = unpackContracts(contracts).map((contract) => [contract.occ, contract] as const);
  return { state, tabs, contracts: new Map(known) };
}
