import { strict as assert } from "node:assert";
import type { QuoteRow } from "../../../options/wire/history.ts";
import { changesOf } from "./changes.ts";

function row(asOf: string, change: Partial<QuoteRow>): QuoteRow {
  return {
    asOf,
    receivedAt: asOf,
    late: false,
    seq: 1,
    snapshotId: "1",
    agentId: "desk-1",
    spotPrice: null,
    bid: 1,
    ask: 2,
    mid: 1.5,
    last: null,
    volume: null,
    open_interest: null,
    implied_vol: null,
    delta: null,
    gamma: null,
    theta: null,
    vega: null,
    bid_size: null,
    ask_size: null,
    kind: null,
    ...change,
  };
}

Deno.test("changes are told newest first, each field with what it was and became", () => {
  const told = changesOf([
    row("2026-07-15T14:00:00Z", {}),
    row("2026-07-15T14:05:00Z", { bid: 1.05, last: 1.5 }),
    row("2026-07-15T14:10:00Z", { bid: 1.05, last: 1.5 }),
    row("2026-07-15T14:15:00Z", { bid: null, last: 1.5 }),
  ]);
  assert.deepEqual(
    told.map((
      { row: { asOf }, changes },
    ) => [asOf.slice(11, 16), changes.map(({ words, from, to }) => [words, from, to])]),
    [
      ["14:15", [["bid", 1.05, null]]],
      ["14:05", [["bid", 1, 1.05], ["last", null, 1.5]]],
    ],
  );
});

Deno.test("of one read, or of reads that are alike, no change is told", () => {
  assert.deepEqual(changesOf([row("2026-07-15T14:00:00Z", {})]), []);
  assert.deepEqual(
    changesOf([row("2026-07-15T14:00:00Z", {}), row("2026-07-15T14:05:00Z", {})]),
    [],
  );
});
