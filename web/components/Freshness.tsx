/** Freshness as pages show it: colour, shape and word, always all three. */
import type { VNode } from "preact";
import {
  ageText,
  effectiveAgeMs,
  type Freshness,
  FRESHNESS_LOOKS,
  freshnessOf,
} from "../../options/freshness.ts";
import type { MarketDataKind } from "../../options/quote.ts";
import { useTextOfNow } from "./clock.ts";

interface Seen {
  /** When it was seen: domain time. */
  readonly atMs: number;
  readonly kind: MarketDataKind | null;
}

/** A dot and an age that grows: `● 12 s`; the class is a word to who does not see the dot. */
export function Age(props: Seen): VNode {
  const [freshness, age] = useFreshness(props);
  return (
    <span class={`fresh ${freshness}`}>
      <Dot freshness={freshness} />
      {age}
    </span>
  );
}

/** A dot, the word and the age: `● live, 12 s`. */
export function FreshnessAndAge(props: Seen): VNode {
  const [freshness, age] = useFreshness(props);
  return (
    <span class={`fresh ${freshness}`}>
      <Dot freshness={freshness} />
      {`${FRESHNESS_LOOKS[freshness].word}, ${age}`}
    </span>
  );
}

/** A dot alone, where there is room for no more; the word is its title. */
export function FreshnessDot(props: Seen): VNode {
  const [freshness, age] = useFreshness(props);
  const words = `${FRESHNESS_LOOKS[freshness].word}, ${age}`;
  return (
    <span class={`fresh ${freshness}`} title={words}>
      <Dot freshness={freshness} />
      <span class="vh">{words}</span>
    </span>
  );
}

function Dot(props: { freshness: Freshness }) {
  return <i class={FRESHNESS_LOOKS[props.freshness].shape}></i>;
}

/** The class and the age that a price has now; the delay of a delayed kind counts. */
function useFreshness({ atMs, kind }: Seen): [Freshness, string] {
  const text = useTextOfNow((nowMs) => {
    const ageMs = nowMs - atMs;
    return `${freshnessOf(ageMs, kind)} ${ageText(effectiveAgeMs(ageMs, kind))}`;
  });
  const [word = "", ...age] = text.split(" ");
  // The first word was written three lines up from a `Freshness`.
  return [word as Freshness, age.join(" ")];
}
