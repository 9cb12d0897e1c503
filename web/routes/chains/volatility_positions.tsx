/** Open interest and volume by strike, put/call ratios and max pain. */
import type { VNode } from "preact";
import { parseIsoDate } from "../../../options/contract.ts";
import type { VolatilityAnswer } from "../../../options/wire/volatility.ts";
import { MirrorChart } from "../../components/charts/MirrorChart.tsx";
import { countText, dateText, priceText, strikeText } from "../../components/format.ts";

/** The panels of what is held and traded. */
export function Positions({ of }: { of: VolatilityAnswer }): VNode {
  const { positions, spotPrice, expiry } = of;
  const date = parseIsoDate(expiry);
  const name = date ? dateText(date) : expiry;
  const mark = spotPrice === null ? undefined : { x: spotPrice, words: "spot" };
  const bars = (call: "callOpenInterest" | "callVolume", put: "putOpenInterest" | "putVolume") =>
    positions.strikes.map((at) => ({ x: at.strike, up: at[call], down: at[put] }));
  return (
    <>
      <section class="panel">
        <h2>{`Open interest by strike, ${name}`}</h2>
        <MirrorChart
          words={`Open interest of ${name} by strike, calls up and puts down`}
          bars={bars("callOpenInterest", "putOpenInterest")}
          upWords="calls"
          downWords="puts"
          xText={strikeText}
          yText={countText}
          mark={mark}
        />
        <p>
          {`Calls ${countText(positions.callOpenInterest)}, puts ${
            countText(positions.putOpenInterest)
          }, put/call ${ratioText(positions.openInterestRatio)}. `}
          {positions.maxPain === null
            ? "Nothing is open, so there is no max pain."
            : `Max pain ${strikeText(positions.maxPain)}: the strike at which all that is open ` +
              "would pay its holders least."}
        </p>
        <Numbers of={of} />
      </section>
      <section class="panel">
        <h2>{`Volume by strike, ${name}`}</h2>
        <MirrorChart
          words={`Volume of ${name} by strike, calls up and puts down`}
          bars={bars("callVolume", "putVolume")}
          upWords="calls"
          downWords="puts"
          xText={strikeText}
          yText={countText}
          mark={mark}
        />
        <p>
          {`Calls ${countText(positions.callVolume)}, puts ${
            countText(positions.putVolume)
          }, put/call ${ratioText(positions.volumeRatio)}. `}
          The last known of each contract; adjusted and pre-split contracts are left out.
        </p>
      </section>
    </>
  );
}

function ratioText(ratio: number | null): string {
  return ratio === null ? "none, as there are no calls" : priceText(Math.round(ratio * 100) / 100);
}

function Numbers({ of: { positions: { strikes } } }: { of: VolatilityAnswer }) {
  return (
    <details>
      <summary>Numbers</summary>
      <div class="scroll" tabIndex={0}>
        <table class="numbers">
          <thead>
            <tr>
              <th scope="col">strike</th>
              <th scope="col">calls open</th>
              <th scope="col">puts open</th>
              <th scope="col">calls traded</th>
              <th scope="col">puts traded</th>
            </tr>
          </thead>
          <tbody>
            {strikes.map((at) => (
              <tr key={at.strike}>
                <th scope="row">{strikeText(at.strike)}</th>
                <td>{countText(at.callOpenInterest)}</td>
                <td>{countText(at.putOpenInterest)}</td>
                <td>{countText(at.callVolume)}</td>
                <td>{countText(at.putVolume)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
