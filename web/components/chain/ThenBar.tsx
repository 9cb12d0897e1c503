/**
 * The way into the past: a slider over the kept history, a moment to write, the reads before and
 * after. The slider needs a script; the rest are a form and links.
 */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { Ticker } from "../../../options/contract.ts";
import { dateTimeText, newYorkInput } from "../format.ts";
import { chainAddress } from "./address.ts";
import type { Shown, Strikes, Then } from "./view.ts";

/** What the bar leads from. */
export interface ThenBarProps {
  readonly ticker: Ticker;
  readonly shown: Shown;
  readonly strikes: Strikes;
  readonly then: Then;
}

const MINUTE_MS = 60_000;

/** The bar of a page that shows the past. */
export function ThenBar({ ticker, shown, strikes, then }: ThenBarProps): VNode {
  const [slidMs, setSlidMs] = useState(then.atMs);
  const address = (atMs: number | null): string => chainAddress(ticker, { shown, strikes, atMs });
  return (
    <div class="then">
      <p role="status">
        <strong>{`As it was known on ${dateTimeText(slidMs)} New York.`}</strong>{" "}
        Ages and freshness are those of that moment. <a href={address(null)}>Back to now</a>
      </p>
      <input
        type="range"
        aria-label="Moment of the past"
        aria-valuetext={`${dateTimeText(slidMs)} New York`}
        min={Math.floor(then.firstMs / MINUTE_MS)}
        max={Math.ceil(then.lastMs / MINUTE_MS)}
        value={Math.round(slidMs / MINUTE_MS)}
        onInput={(event) => setSlidMs(Number(event.currentTarget.value) * MINUTE_MS)}
        onChange={(event) => {
          location.assign(address(Number(event.currentTarget.value) * MINUTE_MS));
        }}
      />
      <form method="get" action={`/chains/${encodeURIComponent(ticker)}`}>
        <input type="hidden" name="expiry" value={shown} />
        {strikes === "all" ? <input type="hidden" name="strikes" value="all" /> : null}
        <Step to={then.earlierMs} address={address} words="the read before" />
        <label>
          New York time{" "}
          <input
            type="datetime-local"
            name="at"
            step="1"
            value={newYorkInput(then.atMs)}
            required
          />
        </label>
        <button type="submit">Show</button>
        <Step to={then.laterMs} address={address} words="the read after" />
      </form>
    </div>
  );
}

function Step(
  props: { to: number | null; address: (atMs: number) => string; words: string },
): VNode | null {
  if (props.to === null) return null;
  return <a href={props.address(props.to)}>{props.words}</a>;
}
