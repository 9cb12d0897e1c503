import { strict as assert } from "node:assert";
import { type FirstVersionRow, readFirstVersion } from "./first_version.ts";

const CONTRACT = { symbol: "EA", strike: 210, expiry: "20261218", right: "C", bid: 1.05 };

function row(given: Partial<FirstVersionRow>): FirstVersionRow {
  return {
    id: "1",
    ticker: "EA",
    snapshotDate: "2026-07-01 15:30:00.123",
    agentId: "desk",
    agentTimestamp: null,
    spotPrice: null,
    dealPrice: null,
    chainData: JSON.stringify([CONTRACT]),
    ...given,
  };
}

for (
  const time of [
    "2026-07-01 15:30:00.123",
    "2026-07-01T15:30:00.123Z",
    "2026-07-01 17:30:00.123+02",
  ]
) {
  Deno.test(`the first version's time is UTC where it says no zone: ${time}`, () => {
    const [item] = readFirstVersion(row({ snapshotDate: time, agentTimestamp: time })).items;
    assert.ok(item?.kind === "batch");
    const ms = Date.UTC(2026, 6, 1, 15, 30, 0, 123);
    assert.deepEqual([item.batch.asOfMs, item.batch.receivedAtMs, item.batch.agentTimeMs], [
      ms,
      ms,
      ms,
    ]);
  });
}

for (
  const [form, chain] of [
    ["an array", [CONTRACT]],
    ["under contracts", { expirations: ["20261218"], contracts: [CONTRACT] }],
    ["a text of JSON", JSON.stringify({ contracts: [CONTRACT] })],
    ["by day and side", { "2026-12-18": { calls: [{ strike: "210.0", bid: "1.05" }] } }],
    ["by side", { C: [{ strike: 210, expiration: "2026-12-18T00:00:00.000Z", bid: 1.05 }] }],
    ["by OCC symbol", { contracts: [{ symbol: "EA    261218C00210000", bid: 1.05, ask: -1 }] }],
  ] as const
) {
  Deno.test(`the first version's contracts are found: ${form}`, () => {
    const { items } = readFirstVersion(row({ chainData: JSON.stringify(chain) }));
    assert.deepEqual(items.map(({ kind }) => kind), ["batch"]);
    const [item] = items;
    assert.ok(item?.kind === "batch");
    assert.deepEqual(item.batch.columns.occ, ["EA261218C00210000"]);
    assert.deepEqual(item.batch.columns.fields.bid, Int32Array.of(10_500));
    assert.equal(item.batch.columns.fields.ask, null);
  });
}

for (
  const [given, problem] of [
    [{ ticker: null }, /1: "" is no ticker$/],
    [{ chainData: "{" }, /chainData is no JSON$/],
    [{ chainData: "{}" }, /chainData has no contract$/],
    [{ snapshotDate: null }, /as_of is missing$/],
    [{ chainData: JSON.stringify([{ strike: 1.23456 }]) }, /\{"strike":1.23456\}: occ is ""/],
    [{ chainData: JSON.stringify([CONTRACT, CONTRACT]) }, /C00210000: is listed twice$/],
  ] as const
) {
  Deno.test(`what the first version's row lacks is told: ${problem.source}`, () => {
    const { items } = readFirstVersion(row(given));
    const problems = items.flatMap((item) => item.kind === "refused" ? item.problems : []);
    assert.equal(problems.length, 1);
    assert.match(problems[0] ?? "", problem);
  });
}
