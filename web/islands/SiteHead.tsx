/** The head of every page: where one can go, a way to find a contract, and how the agents are. */
import type { VNode } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { AgentCounts } from "../../options/wire/live.ts";
import { tickingClock } from "../client/ticking.ts";
import { useFeed } from "../client/use_feed.ts";
import { AgentsDot } from "../components/AgentsDot.tsx";

/** Which entry of the navigation a page is. */
export type Here = "tickers" | "agents" | "docs";

/** Everything as JSON. */
export interface SiteHeadProps {
  readonly nowMs: number;
  readonly here?: Here;
  readonly agents: AgentCounts | null;
  /** Whether to follow the server: a page for everyone does not. */
  readonly isLive: boolean;
  /** Who is signed in; null where nobody is. */
  readonly user: string | null;
}

const PAGES: readonly (readonly [Here, string, string])[] = [
  ["tickers", "/", "Tickers"],
  ["agents", "/agents", "Agents"],
  ["docs", "/docs", "Docs"],
];

export default function SiteHead(props: SiteHeadProps): VNode {
  const { here } = props;
  const clock = useMemo(() => tickingClock(props.nowMs), []);
  const [agents, setAgents] = useState(props.agents);
  useFeed({
    clock,
    isOn: props.isLive,
    subscription: () => null,
    take(message) {
      if (message.type === "heartbeat") setAgents((known) => same(known, message.agents));
      return true;
    },
  });
  const find = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const key = (event: KeyboardEvent): void => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || isWriting(event.target)) return;
      event.preventDefault();
      find.current?.focus();
      find.current?.select();
    };
    addEventListener("keydown", key);
    return () => removeEventListener("keydown", key);
  }, []);
  return (
    <div class="top">
      <a class="brand" href="/">Lastmark</a>
      <nav aria-label="Pages">
        {PAGES.map(([name, href, words]) => (
          <a key={name} href={href} aria-current={here === name ? "page" : undefined}>{words}</a>
        ))}
      </nav>
      {props.isLive ? <AgentsDot agents={agents} /> : null}
      {props.user === null ? null : <a href="/account" class="who">{props.user}</a>}
      <form class="find" action="/find" role="search">
        <input
          ref={find}
          type="search"
          name="q"
          aria-label="Find a ticker or contract"
          placeholder="Find a ticker or contract   /"
          autocomplete="off"
          spellcheck={false}
          maxLength={80}
        />
      </form>
    </div>
  );
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, textarea, select") !== null;
}

/** The counts as they were where they are the same, so that nothing is drawn again. */
function same(known: AgentCounts | null, told: AgentCounts | null): AgentCounts | null {
  return JSON.stringify(known) === JSON.stringify(told) ? known : told;
}
