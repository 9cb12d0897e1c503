/** Every field of a contract: the last-known value, what it is now, when it was seen and how old it is. */
import type { VNode } from "preact";
import { useContext } from "preact/hooks";
import type { LastKnownField } from "../../../options/chain.ts";
import { flagsOf, QUALITY_WORDS } from "../../../options/quality_flags.ts";
import { useLitText } from "../chain/lit.ts";
import type { ShownContract } from "../chain/shown_contract.ts";
import { ZoneContext } from "../clock.ts";
import { countText, dateTimeText, exactly, percentText, priceText, zonedText } from "../format.ts";
import { Age } from "../Freshness.tsx";

interface FieldLook {
  readonly field: LastKnownField;
  readonly words: string;
  readonly text: (value: number) => string;
}

/** The fields in the order in which they are shown. */
export const FIELD_LOOKS: readonly FieldLook[] = [
  { field: "bid", words: "bid", text: priceText },
  { field: "ask", words: "ask", text: priceText },
  { field: "mid", words: "mid, of one read's bid and ask", text: priceText },
  { field: "last", words: "last trade", text: priceText },
  { field: "bidSize", words: "bid size", text: countText },
  { field: "askSize", words: "ask size", text: countText },
  { field: "volume", words: "volume", text: countText },
  { field: "openInterest", words: "open interest", text: countText },
  {
    field: "impliedVol",
    words: "implied volatility",
    text: (value) => `${percentText(value, 4)} %`,
  },
  { field: "delta", words: "delta", text: exactly },
  { field: "gamma", words: "gamma", text: exactly },
  { field: "theta", words: "theta per day", text: exactly },
  { field: "vega", words: "vega per percentage point", text: exactly },
];

/** The table of fields. */
export function Fields({ contract }: { contract: ShownContract }): VNode {
  const flags = flagsOf(contract.quality);
  return (
    <>
      <div class="scroll" tabIndex={0}>
        <table class="numbers fields">
          <caption class="vh">Last-known values</caption>
          <thead>
            <tr>
              <th scope="col">field</th>
              <th scope="col">last known</th>
              <th scope="col">now</th>
              <th scope="col">age</th>
              <th scope="col">seen</th>
            </tr>
          </thead>
          <tbody>
            {FIELD_LOOKS.map((look) => (
              <FieldRow
                key={look.field}
                look={look}
                contract={contract}
              />
            ))}
          </tbody>
        </table>
      </div>
      {flags.length === 0 ? null : (
        <p class="note">
          {`Not to be used as it stands: ${flags.map((flag) => QUALITY_WORDS[flag]).join("; ")}.`}
        </p>
      )}
    </>
  );
}

function FieldRow({ look, contract }: { look: FieldLook; contract: ShownContract }) {
  const zone = useContext(ZoneContext);
  const seen = contract.fields[look.field];
  const text = seen ? look.text(seen.value) : "∅";
  const lit = useLitText(text);
  if (!seen) {
    return (
      <tr data-field={look.field}>
        <th scope="row">{look.words}</th>
        <td class="never" title="never seen">∅</td>
        <td class="muted">none</td>
        <td class="muted">never seen</td>
        <td></td>
      </tr>
    );
  }
  return (
    <tr data-field={look.field}>
      <th scope="row">{look.words}</th>
      <td class={`value ${seen.now ? "" : "none"} ${lit ?? ""}`} data-value={seen.value}>{text}</td>
      <td class={seen.now ? undefined : "muted"}>{seen.now ? "is so" : "none now"}</td>
      <td>
        <Age atMs={seen.seenAtMs} kind={contract.kind} />
      </td>
      <td title={`${dateTimeText(seen.seenAtMs)} New York`}>{zonedText(seen.seenAtMs, zone)}</td>
    </tr>
  );
}
