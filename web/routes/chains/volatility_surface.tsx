/** The surface of volatility as a table: expiries down, moneyness across. */
import type { VNode } from "preact";
import { parseIsoDate } from "../../../options/contract.ts";
import type { VolatilityAnswer } from "../../../options/wire/volatility.ts";
import { dateText, percentText, strikeText } from "../../components/format.ts";

const SHADES = 5;

/** The panel of the surface. */
export function Surface({ of: { surface, spotPrice } }: { of: VolatilityAnswer }): VNode {
  const all = surface.rows.flatMap(({ impliedVol }) => impliedVol).filter((one) => one !== null);
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const shade = (value: number): string =>
    `h${
      most === least
        ? 0
        : Math.min(SHADES - 1, Math.floor(SHADES * (value - least) / (most - least)))
    }`;
  return (
    <section class="panel whole">
      <h2>Surface</h2>
      {surface.rows.length === 0
        ? <p>No expiry has two clean volatilities.</p>
        : (
          <div class="scroll" tabIndex={0}>
            <table class="numbers surface">
              <caption class="vh">
                Implied volatility by expiry and strike in percent of the spot
              </caption>
              <thead>
                <tr>
                  <th scope="col">expiry</th>
                  {surface.moneyness.map((one) => (
                    <th
                      key={one}
                      scope="col"
                      title={spotPrice === null
                        ? undefined
                        : `strike ${strikeText(one * spotPrice)}`}
                    >
                      {`${strikeText(one * 100)} %`}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {surface.rows.map((row) => (
                  <tr key={`${row.root} ${row.expiry}`}>
                    <th scope="row">{`${row.root} ${dayText(row.expiry)}`}</th>
                    {row.impliedVol.map((value, at) => (
                      <td
                        key={at}
                        class={value === null ? "muted" : shade(value)}
                        data-value={value ?? undefined}
                      >
                        {value === null ? "–" : percentText(value, 1)}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      <p>
        On the line between the two nearest points of each smile; a dash where nothing clean is
        quoted on both sides.
      </p>
    </section>
  );
}

function dayText(expiry: string): string {
  const date = parseIsoDate(expiry);
  return date ? dateText(date) : expiry;
}
