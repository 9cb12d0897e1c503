/**
 * Has an agent read the chain now, and says how far it is: by the prices that arrive on the page,
 * not by a guess. Without a script it is a form that comes back when the first prices are there.
 */
import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Ticker } from "../../../options/contract.ts";
import type { ReadAsked } from "../../../options/wire/read_chain.ts";
import { countOf, countText } from "../format.ts";
import { seenMs, type ShownContract } from "./shown_contract.ts";

/** What the button works on. */
export interface FetchChainProps {
  readonly ticker: Ticker;
  /** The contracts that the page shows or knows; their ages are the progress. */
  readonly contracts: Iterable<ShownContract>;
  /** Domain time, by which what is newer than the request is told. */
  readonly nowMs: () => number;
}

type Reading =
  | { readonly kind: "idle" }
  | { readonly kind: "asked"; readonly sinceMs: number }
  | { readonly kind: "told"; readonly sentence: string };

/** When nothing new has come for so long the read is over, or has stopped. */
const STILL_MS = 30_000;

/** The button and what has become of it. */
export function FetchChain({ ticker, contracts, nowMs }: FetchChainProps): VNode {
  const [reading, setReading] = useState<Reading>({ kind: "idle" });
  const all = reading.kind === "asked" ? [...contracts] : [];
  const newer = reading.kind === "asked"
    ? all.filter((contract) => (seenMs(contract) ?? 0) >= reading.sinceMs).length
    : 0;
  const isDone = newer > 0 && newer === all.length;

  useEffect(() => {
    if (reading.kind !== "asked") return;
    const told = (sentence: string): void => setReading({ kind: "told", sentence });
    if (isDone) return told(`Read: ${countOf(newer, "contract")} are new.`);
    const timer = setTimeout(
      () =>
        told(`${countText(newer)} of ${countOf(all.length, "contract")} are new; no more came.`),
      STILL_MS,
    );
    return () => clearTimeout(timer);
  }, [reading, newer, isDone]);

  async function ask(event: Event): Promise<void> {
    event.preventDefault();
    setReading({ kind: "asked", sinceMs: nowMs() });
    const { outcome, sentence } = await askForRead(ticker);
    if (outcome !== "first") setReading({ kind: "told", sentence });
  }

  const isBusy = reading.kind === "asked";
  return (
    <form
      class="fetch"
      method="post"
      action={`/chains/${encodeURIComponent(ticker)}/fetch`}
      onSubmit={ask}
    >
      <button type="submit" class="go" disabled={isBusy}>Fetch option chain</button>
      <span role="status" class="why">
        {reading.kind === "told"
          ? reading.sentence
          : isBusy
          ? `Asked an agent. ${countText(newer)} of ${
            countText(all.length)
          } contracts here are new.`
          : ""}
      </span>
      {isBusy
        ? <progress max={all.length} value={newer} aria-label="contracts that are new" />
        : null}
    </form>
  );
}

const UNREACHED: ReadAsked = {
  outcome: "failed",
  sentence: "The server could not be reached; the prices are the last known ones.",
};

async function askForRead(ticker: Ticker): Promise<ReadAsked> {
  try {
    const response = await fetch(`/api/chains/${encodeURIComponent(ticker)}/read`, {
      method: "POST",
    });
    // The server is of the same origin and answers with what `options/wire/read_chain.ts` says;
    // a problem says its sentence as `detail`.
    const answer = await response.json() as ReadAsked & { readonly detail?: string };
    return response.ok
      ? answer
      : { outcome: "failed", sentence: answer.detail ?? UNREACHED.sentence };
  } catch {
    return UNREACHED;
  }
}
