/** The page of a chain of which nothing is known yet: it becomes the chain's when the first prices come. */
import type { VNode } from "preact";
import { useMemo } from "preact/hooks";
import type { ServerMessage } from "../../options/wire/live.ts";
import { tickingClock } from "../client/ticking.ts";
import { useFeed } from "../client/use_feed.ts";

/** Everything as JSON. */
export interface FirstPricesProps {
  readonly nowMs: number;
  readonly ticker: string;
}

export default function FirstPrices({ nowMs, ticker }: FirstPricesProps): VNode {
  const clock = useMemo(() => tickingClock(nowMs), []);
  const offline = useFeed({
    clock,
    subscription: () => ({ type: "subscribe", ticker }),
    take(message: ServerMessage) {
      // The server draws the whole page then, with its title, tabs and tables.
      if (hasPrices(message)) location.reload();
      return true;
    },
  });
  return (
    <>
      <p class="offline" role="status">{offline ?? ""}</p>
      <div class="note">
        Nothing is known of this chain yet. Where TWS or IB Gateway runs, read it with{" "}
        <code>{`deno task agent fetch --ticker ${ticker} --test`}</code>, or keep it read with{" "}
        <code>deno task agent run</code>.
      </div>
    </>
  );
}

function hasPrices(message: ServerMessage): boolean {
  if (message.type === "chain") return message.chain.contracts.length > 0;
  return message.type === "delta" && message.contracts.length > 0;
}
