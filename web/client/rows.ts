/** Rows of the API as the contracts that pages draw. */
import type { LastKnownField, Seen } from "../../options/chain.ts";
import { parseOcc } from "../../options/contract.ts";
import type { ChainRow } from "../../options/wire/chain.ts";
import type { ShownContract } from "../components/chain/shown_contract.ts";
import { bitsOf } from "../../options/quality_flags.ts";

/** A field's value, when it was seen and what it is now; the last two left out where as its row. */
type Told = readonly [
  value: number | null,
  seenAt: string | null | undefined,
  now: number | null | undefined,
];

const TOLD: Readonly<Partial<Record<LastKnownField, (row: ChainRow) => Told>>> = {
  bid: (row) => [row.bid, row.bidSeenAt, row.bidNow],
  ask: (row) => [row.ask, row.askSeenAt, row.askNow],
  mid: (row) => [row.mid, row.midSeenAt, row.midNow],
  last: (row) => [row.last, row.lastSeenAt, row.lastNow],
  volume: (row) => [row.volume, row.volumeSeenAt, row.volumeNow],
  openInterest: (row) => [row.open_interest, row.openInterestSeenAt, row.openInterestNow],
  impliedVol: (row) => [row.implied_vol, row.impliedVolSeenAt, row.impliedVolNow],
  delta: (row) => [row.delta, row.deltaSeenAt, row.deltaNow],
  bidSize: (row) => [row.bid_size, row.bidSizeSeenAt, row.bidSizeNow],
  askSize: (row) => [row.ask_size, row.askSizeSeenAt, row.askSizeNow],
  gamma: (row) => [row.gamma, row.gammaSeenAt, row.gammaNow],
  theta: (row) => [row.theta, row.thetaSeenAt, row.thetaNow],
  vega: (row) => [row.vega, row.vegaSeenAt, row.vegaNow],
};

/**
 * What pages draw of a row: the fields that this one needs. What a change is measured by does not
 * come with rows; the page knows it. Throws where the row's symbol is no contract.
 */
export function contractOfRow(
  row: ChainRow,
  fieldNames: readonly LastKnownField[],
  closeLast: number | null,
): ShownContract {
  const contract = parseOcc(row.symbol);
  if (!contract) throw new Error(`The server sent ${row.symbol}, which is not an OCC symbol`);
  const fields: Partial<Record<LastKnownField, Seen>> = {};
  for (const field of fieldNames) {
    const [value, seenAt, now] = TOLD[field]?.(row) ?? [null, null, null];
    const at = seenAt ?? row.asOf;
    if (value === null || at === null) continue;
    fields[field] = { value, seenAtMs: Date.parse(at), now: now !== null };
  }
  return {
    occ: contract.occ,
    asOfMs: row.asOf === null ? null : Date.parse(row.asOf),
    kind: row.kind,
    multiplier: null,
    quotedAtMs: null,
    fields,
    missingReason: row.missingReason ?? null,
    quality: bitsOf(...row.quality ?? []),
    closeLast,
  };
}
