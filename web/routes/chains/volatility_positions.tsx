/** Open interest and volume by strike, put/call ratios and max pain. */
import type { VNode } from "preact";
import { parseIsoDate } from "../../../options/contract.ts";
import type { VolatilityAnswer } from "../../../options/wire/volatility.ts";
import { MirrorChart } from "../../components/charts/MirrorChart.tsx";
import { Numbers } from "../../components/charts/Numbers.tsx";
import { countText, dateText, priceText, strikeText } from "../../components/format.ts";

/** The panels of what is held and traded. */
export function Positions({ of }: { of: VolatilityAnswer }): VNode {
  const { maxPain, openInterestRatio, volumeRatio } = of.positions;
  return (
    <>
      <Panel
        of={of}
        what="Open interest"
        sides={["callOpenInterest", "putOpenInterest"]}
        ratio={openInterestRatio}
        more={maxPain === null
          ? "Nothing is open, so there is no max pain."
          : `Max pain ${strikeText(maxPain)}: the strike at which all that is open would pay its ` +
            "holders least."}
      />
      <Panel
        of={of}
        what="Volume"
        sides={["callVolume", "putVolume"]}
        ratio={volumeRatio}
        more="The last known of each contract; adjusted and pre-split contracts are left out."
      />
    </>
  );
}

type Side = "callOpenInterest" | "putOpenInterest" | "callVolume" | "putVolume";

interface PanelProps {
  readonly of: VolatilityAnswer;
  readonly what: string;
  readonly sides: readonly [call: Side, put: Side];
  readonly ratio: number | null;
  readonly more: string;
}

function Panel({ of: { positions, spotPrice, expiry }, what, sides, ratio, more }: PanelProps) {
  const [call, put] = sides;
  const date = parseIsoDate(expiry);
  const name = date ? dateText(date) : expiry;
  return (
    <section class="panel">
      <h2>{`${what} by strike, ${name}`}</h2>
      <MirrorChart
        words={`${what} of ${name} by strike, calls up and puts down`}
        bars={positions.strikes.map((at) => ({ x: at.strike, up: at[call], down: at[put] }))}
        upWords="calls"
        downWords="puts"
        xText={strikeText}
        yText={countText}
        mark={spotPrice === null ? undefined : { x: spotPrice, words: "spot" }}
      />
      <p>
        {`Calls ${countText(positions[call])}, puts ${countText(positions[put])}, put/call ${
          ratio === null ? "none, as there are no calls" : priceText(Math.round(ratio * 100) / 100)
        }. ${more}`}
      </p>
      <Numbers
        heads={["strike", "calls", "puts"]}
        rows={positions.strikes.map((at) => [
          strikeText(at.strike),
          countText(at[call]),
          countText(at[put]),
        ])}
      />
    </section>
  );
}
