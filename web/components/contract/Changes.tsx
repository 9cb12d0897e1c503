/** The newest changes of a contract as a table: readable without a script. */
import type { VNode } from "preact";
import type { OccSymbol } from "../../../options/contract.ts";
import type { QuoteRow } from "../../../options/wire/history.ts";
import { countText, dateTimeText, exactly, percentText, priceText } from "../format.ts";
import { changesOf, type FieldChange } from "./changes.ts";

/** Changes listed at most. */
const MOST = 100;

/** The list. */
export function Changes(
  { occ, rows, days }: { occ: OccSymbol; rows: readonly QuoteRow[]; days: number },
): VNode {
  const all = changesOf(rows);
  return (
    <section aria-labelledby="changes" class="changes">
      <h2 id="changes">Changes</h2>
      <p class="muted">
        {all.length === 0
          ? `Nothing of it changed in the last ${days} days. `
          : `The newest ${countText(Math.min(MOST, all.length))} of ${
            countText(all.length)
          } changes of the last ${days} days. `}
        <a href={`/contracts/${occ}/history.csv`}>All of its history as CSV</a>
      </p>
      {all.length === 0 ? null : (
        <div class="scroll" tabIndex={0}>
          <table class="numbers">
            <thead>
              <tr>
                <th scope="col">read, New York</th>
                <th scope="col">what changed</th>
                <th scope="col">agent</th>
              </tr>
            </thead>
            <tbody>
              {all.slice(0, MOST).map(({ row, changes }) => (
                <tr key={row.snapshotId}>
                  <th scope="row">
                    {dateTimeText(Date.parse(row.asOf))}
                    {row.late ? <span class="flag" title="came late">late</span> : null}
                  </th>
                  <td>{changes.map(changeText).join(" · ")}</td>
                  <td>{row.agentId}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function changeText({ field, words, from, to }: FieldChange): string {
  const text = (value: number | null): string => {
    if (value === null) return "∅";
    if (field === "volume" || field === "open_interest") return countText(value);
    if (field === "implied_vol") return `${percentText(value)} %`;
    return field === "delta" ? exactly(value) : priceText(value);
  };
  return `${words} ${text(from)} → ${text(to)}`;
}
