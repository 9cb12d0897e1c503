/** The expiries of a chain as tabs, each with its days left and its freshness. */
import type { VNode } from "preact";
import type { Ticker } from "../../../options/contract.ts";
import { FreshnessDot } from "../Freshness.tsx";
import { useEffect, useRef } from "preact/hooks";
import { useTextOfNow } from "../clock.ts";
import { countOf, countText, dateText, daysLeftText } from "../format.ts";
import { chainAddress } from "./address.ts";
import type { ExpiryTab, Shown } from "./view.ts";

/** The tabs; they are links, so that each expiry has an address. */
export function Tabs(
  props: { ticker: Ticker; tabs: readonly ExpiryTab[]; shown: Shown; atMs: number | null },
): VNode {
  const { ticker, tabs, shown, atMs } = props;
  const address = (one: Shown): string => chainAddress(ticker, { shown: one, atMs });
  const total = tabs.reduce((sum, tab) => sum + tab.contracts, 0);
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    // Of forty expiries the shown one may lie outside what a narrow screen has room for.
    const current = nav.current?.querySelector<HTMLElement>("[aria-current]");
    if (!nav.current || !current) return;
    nav.current.scrollLeft = current.offsetLeft -
      (nav.current.clientWidth - current.offsetWidth) / 2;
  }, []);
  return (
    <nav class="tabs" aria-label="Expiries" ref={nav}>
      {tabs.map((tab) => (
        <Tab key={tab.expiry} address={address(tab.expiry)} tab={tab} shown={shown} />
      ))}
      <a href={address("all")} aria-current={shown === "all" ? "page" : undefined}>
        All
        <small title={countOf(total, "contract")}>{countText(total)}</small>
      </a>
    </nav>
  );
}

function Tab({ address, tab, shown }: { address: string; tab: ExpiryTab; shown: Shown }) {
  const left = useTextOfNow((nowMs) => daysLeftText(tab.expiry, nowMs));
  return (
    <a
      href={address}
      aria-current={shown === tab.expiry ? "page" : undefined}
      title={countOf(tab.contracts, "contract")}
    >
      {dateText(tab.expiry)}
      <small>
        {tab.asOfMs === null ? null : <FreshnessDot atMs={tab.asOfMs} kind={tab.kind} />}
        {left}
      </small>
    </a>
  );
}
