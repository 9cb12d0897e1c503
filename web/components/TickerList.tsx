/** The list of tickers: price, change, freshness with its reason, agent and deal. */
import type { VNode } from "preact";
import type { TickerRow } from "../../options/wire/tickers.ts";
import { dealText, upOrDown } from "./chain/Head.tsx";
import { useLitText } from "./chain/lit.ts";
import { FreshnessAndAge } from "./Freshness.tsx";
import { countText, dateTimeText, priceText, signedText } from "./format.ts";

/** The table of all tickers. */
export function TickerList({ rows }: { rows: readonly TickerRow[] }): VNode {
  return (
    <table class="list">
      <caption class="vh">Tickers with their last known price</caption>
      <thead>
        <tr>
          <th scope="col">ticker</th>
          <th scope="col">price</th>
          <th scope="col">change</th>
          <th scope="col" class="l">chain</th>
          <th scope="col" class="l">why not newer</th>
          <th scope="col" class="l">agent</th>
          <th scope="col">known / fresh</th>
        </tr>
      </thead>
      <tbody>{rows.map((row) => <Line key={row.ticker} row={row} />)}</tbody>
    </table>
  );
}

function Line({ row }: { row: TickerRow }) {
  return (
    <tr data-ticker={row.ticker}>
      <th scope="row">
        <a href={`/chains/${encodeURIComponent(row.ticker)}`}>{row.ticker}</a>
        {row.name === null || row.name === row.ticker ? null : <small>{row.name}</small>}
        {row.deal === null ? null : <small>{`deal: ${dealText(row.deal)}`}</small>}
      </th>
      <Price row={row} />
      <Change row={row} />
      <td class="l chain-age">
        {row.timestamp === null
          ? <span class="why">nothing read yet</span>
          : <FreshnessAndAge atMs={Date.parse(row.timestamp)} kind={row.kind} />}
      </td>
      <td class="l why">{row.reason?.sentence ?? ""}</td>
      <td class="l">{row.agentId ?? "none yet"}</td>
      <td class="known">{`${countText(row.contractCount)} / ${countText(row.freshCount)}`}</td>
    </tr>
  );
}

function Price({ row: { spotPrice, spotSeenAt } }: { row: TickerRow }) {
  const price = spotPrice === null ? "none yet" : priceText(spotPrice);
  const lit = useLitText(price);
  if (spotPrice === null) return <td class="price why">{price}</td>;
  const seen = spotSeenAt === null ? "" : `seen ${dateTimeText(Date.parse(spotSeenAt))} New York`;
  return <td class={`price ${lit ?? ""}`} title={seen}>{price}</td>;
}

function Change({ row: { change, changePercent } }: { row: TickerRow }) {
  if (change === null || changePercent === null) {
    return <td class="change muted" title="no earlier price is known">–</td>;
  }
  return (
    <td class={`change ${upOrDown(changePercent)}`} title={signedText(change)}>
      {`${signedText(changePercent)} %`}
    </td>
  );
}
