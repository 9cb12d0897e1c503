/** The head of a chain page: the ticker, its price, how fresh the chain is and whose it is. */
import type { ComponentChildren, VNode } from "preact";
import { Fact } from "../Fact.tsx";
import { changeOf } from "../../../options/change.ts";
import { parseIsoDate } from "../../../options/contract.ts";
import type { MarketDataKind } from "../../../options/quote.ts";
import type { ChainState } from "../../../options/wire/chain.ts";
import { useContext } from "preact/hooks";
import { ZoneContext } from "../clock.ts";
import { FreshnessAndAge } from "../Freshness.tsx";
import {
  countOf,
  countText,
  dateText,
  dateTimeText,
  priceText,
  signedText,
  zonedText,
} from "../format.ts";
import { useLitText } from "./lit.ts";
import type { DealTerms, TickerHead } from "./view.ts";

const KINDS: Readonly<Record<MarketDataKind, string>> = {
  realtime: "realtime",
  frozen: "frozen: the last prices before the close",
  delayed: "delayed by 15 minutes",
  delayed_frozen: "delayed and frozen",
};

/** The head. `offline` says that the page has lost its server; null while it has not. */
export function Head(props: {
  readonly of: TickerHead;
  readonly state: ChainState;
  readonly offline: string | null;
  /** What can be done with the chain. */
  readonly children?: ComponentChildren;
}): VNode {
  const { of: { ticker, name, deal, referencePrice }, state, offline } = props;
  return (
    <div class="head">
      <h1>
        {ticker}
        {name === null || name === ticker ? null : <span>{` ${name}`}</span>}
      </h1>
      <Spot state={state} reference={referencePrice} />
      <dl class="facts">
        <Fact name="chain">
          <Newest state={state} />
        </Fact>
        <Fact name="source">{sourceText(state)}</Fact>
        <Fact name="known">{knownText(state)}</Fact>
        <Fact name="server's time">
          <Instant at={state.timestamp} />
        </Fact>
        <Fact name="agent's time">
          <Instant at={state.agentTimestamp} />
        </Fact>
        {deal === null ? null : <Fact name="deal">{dealText(deal)}</Fact>}
      </dl>
      {props.children}
      <p class="reason">{state.reason === null ? "" : state.reason.sentence}</p>
      <p class="offline" role="status">{offline ?? ""}</p>
    </div>
  );
}

function Newest({ state: { timestamp, kind } }: { state: ChainState }) {
  if (timestamp === null) return <span class="why">nothing read yet</span>;
  return (
    <>
      <FreshnessAndAge atMs={Date.parse(timestamp)} kind={kind} />
      <span class="why">{kind === null ? "" : ` · ${KINDS[kind]}`}</span>
    </>
  );
}

function Spot({ state, reference }: { state: ChainState; reference: number | null }) {
  const price = state.spotPrice === null ? "no price yet" : priceText(state.spotPrice);
  const lit = useLitText(price);
  if (state.spotPrice === null) return <div class="spot why">{price}</div>;
  const moved = changeOf(state.spotPrice, reference);
  return (
    <div class="spot" title={`seen ${timeText(state.spotSeenAt)}`}>
      <span class={lit}>{price}</span>
      <small class={upOrDown(moved?.change ?? 0)}>
        {moved ? ` ${signedText(moved.change)} (${signedText(moved.percent)} %)` : ""}
      </small>
    </div>
  );
}

/** The class of a change: coloured only where there is one. */
export function upOrDown(change: number): string {
  return change > 0 ? "up" : change < 0 ? "down" : "muted";
}

/** A deal's terms in one line: `210.00 cash, close 4 Jan 27`. */
export function dealText({ cash, close }: DealTerms): string {
  const date = close === null ? undefined : parseIsoDate(close);
  return [
    cash === null ? "" : `${priceText(cash)} cash`,
    date === undefined ? "" : `close ${dateText(date)}`,
  ].filter((part) => part !== "").join(", ") || "terms unknown";
}

function sourceText({ source, agentId }: ChainState): string {
  const agent = agentId ?? "no agent yet";
  return source === "agent" ? `agent ${agent}` : `last known, from ${agent}`;
}

function knownText({ contractCount, neverQuotedCount }: ChainState): string {
  const quoted = neverQuotedCount === 0 ? "" : `, ${countText(neverQuotedCount)} never quoted`;
  return `${countOf(contractCount, "contract")}${quoted}`;
}

/** An instant in the reader's zone, with New York's on hover. */
function Instant({ at }: { at: string | null }) {
  const zone = useContext(ZoneContext);
  if (at === null) return <>unknown</>;
  const ms = Date.parse(at);
  return <time dateTime={at} title={timeText(at)}>{zonedText(ms, zone)}</time>;
}

function timeText(instant: string | null): string {
  return instant === null ? "unknown" : `${dateTimeText(Date.parse(instant))} New York`;
}
