import { strict as assert } from "node:assert";
import fc from "fast-check";
import { makeContract, parseIsoDate, parseTicker } from "../contract.ts";
import { QUOTE_FIELDS, type QuoteField } from "../quote.ts";
import { readChainFiles } from "./chain_file.ts";
import {
  CSV_HEADER,
  readLastmarkCsv,
  readLastmarkJson,
  writeLastmarkCsv,
  writeLastmarkJson,
} from "./lastmark.ts";
import { eachOnce, type RecordedChain, recordedQuote } from "./recorded.ts";

const VALUE = fc.option(fc.double({ min: 1e-5, max: 1e5, noNaN: true }));
const QUOTE = fc.record({
  strike: fc.integer({ min: 1, max: 9_999_999 }),
  right: fc.constantFrom("C" as const, "P" as const),
  values: fc.tuple(...QUOTE_FIELDS.map(() => VALUE)),
});

const CHAIN: fc.Arbitrary<RecordedChain> = fc.record({
  ticker: fc.constantFrom("EA", "BRK-B", "SPX"),
  updatedMs: fc.integer({ min: Date.UTC(2015), max: Date.UTC(2040) }),
  spot: VALUE,
  quotes: fc.array(QUOTE, { minLength: 1, maxLength: 5 }),
}).map(({ ticker, updatedMs, spot, quotes }) => ({
  ticker: parseTicker(ticker) ?? assert.fail(),
  updatedMs,
  spot,
  contracts: eachOnce(quotes.map(({ strike, right, values }) => {
    const expiry = parseIsoDate("2026-08-21") ?? assert.fail();
    const contract = makeContract("EA", expiry, right, strike / 1000) ?? assert.fail();
    const named: Partial<Record<QuoteField, number | null>> = {};
    QUOTE_FIELDS.forEach((field, index) => named[field] = values[index] ?? null);
    return recordedQuote(contract, named);
  })),
}));

Deno.test("a chain written as JSON or CSV is read back as it was", () => {
  fc.assert(fc.property(CHAIN, (chain) => {
    const json: unknown = JSON.parse(writeLastmarkJson(chain));
    assert.deepEqual(readLastmarkJson("a.json", json), chain);
    assert.deepEqual(readLastmarkCsv("a.csv", writeLastmarkCsv([chain])), [chain]);
  }));
});

Deno.test("a CSV file may hold several chains, told apart by ticker and time", () => {
  const rest = ",,,,,,,,,,";
  const text = [
    CSV_HEADER,
    `EA,2026-07-15T13:00:00Z,206.4,EA260821C00210000,0.2,0.3${rest}`,
    `EA,2026-07-15T13:05:00Z,206.5,EA260821C00210000,0,0.3${rest}`,
    `EA,2026-07-15T13:05:00Z,206.5,EA260821P00210000,,3.9${rest}`,
  ].join("\r\n");
  const chains = readLastmarkCsv("two.csv", text);
  assert.deepEqual(chains.map((chain) => [chain.spot, chain.contracts.length]), [[206.4, 1], [
    206.5,
    2,
  ]]);
  assert.equal(chains[1]?.contracts[0]?.bid, null);
});

Deno.test("an error names the file, the place and what was expected", () => {
  const read = (text: string, path = "x.csv"): unknown =>
    readChainFiles([{ path, bytes: new TextEncoder().encode(text) }]);
  const row = "EA,2026-07-15T13:00:00Z,206.4,EA260821C00210000,0.2,abc,,,,,,,,,,";
  assert.throws(() => read(`${CSV_HEADER}\n${row}`), {
    message: 'x.csv, line 2: ask is "abc", expected a number.',
  });
  assert.throws(() => read(`${CSV_HEADER}\nEA,yesterday,1,EA260821C00210000`), {
    message: 'x.csv, line 2: "yesterday" is no ISO 8601 time with its zone.',
  });
  assert.throws(() => read("ticker,updated,spot,symbol,prices\n"), {
    message: `x.csv, line 1: expected the columns ${CSV_HEADER}.`,
  });
  const head =
    '"format":"lastmark-chain","version":1,"ticker":"EA","updated":"2026-07-15T13:00:00Z"';
  assert.throws(() => read(`{${head},"contracts":[{"symbol":"EA","bid":1}]}`, "x.json"), {
    message: 'x.json, contracts[0].symbol: "EA" is no OCC symbol.',
  });
  assert.throws(
    () => read(`{${head},"contracts":[{"symbol":"EA260821C00210000","bid":"1"}]}`, "x.json"),
    /^ChainFileError: x\.json, contracts\[0\]\.bid: .*expected number/,
  );
});

Deno.test("the examples of the documentation are read, and say the same", async () => {
  const page = await Deno.readTextFile(
    new URL("../../docs/gateway/replay-format.md", import.meta.url),
  );
  const example = (language: string): string =>
    new RegExp("```" + language + "\n(.*?)```", "s").exec(page)?.[1] ?? assert.fail(language);
  const json = readLastmarkJson("example.json", JSON.parse(example("json")));
  const [csv] = readLastmarkCsv("example.csv", example("csv"));
  assert.deepEqual({ ...csv, contracts: csv?.contracts.slice(0, 1) }, json);
  assert.equal(csv?.contracts.length, 2);
});
