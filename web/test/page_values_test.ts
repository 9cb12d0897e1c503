/** What pages say, the API says, and the database has: the same, to the last digit. */
import { strict as assert } from "node:assert";
import { addWatch } from "../../db/watches.ts";
import { parseTicker } from "../../options/contract.ts";
import { readChainFolder } from "../../options/formats/folder.ts";
import { recordedChain, testOnRealChains } from "../../options/testing.ts";
import { chainAnswerSchema, type ChainRow } from "../../options/wire/chain.ts";
import { volatilityAnswer } from "../../options/wire/volatility.ts";
import { mustPost, type TestServer, withServer } from "./harness.ts";

type Server = TestServer["server"];

/** The clock stands before the first recorded chain, so that no contract of any has expired. */
const CLOCK_MS = Date.parse("2026-07-08T04:51:00Z");

/** Each column of the page, and the same in the API. */
const COLUMNS = {
  oi: "open_interest",
  volume: "volume",
  iv: "implied_vol",
  vega: "vega",
  theta: "theta",
  gamma: "gamma",
  delta: "delta",
  last: "last",
  mid: "mid",
  "bid-size": "bid_size",
  bid: "bid",
  ask: "ask",
  "ask-size": "ask_size",
} as const satisfies Readonly<Record<string, keyof ChainRow>>;

async function textOf(server: Server, path: string, cookie = ""): Promise<string> {
  const response = await fetch(server.url + path, { headers: { cookie } });
  const text = await response.text();
  assert.equal(response.status, 200, `${path}: ${text.slice(0, 300)}`);
  return text;
}

/** The cells of a page by contract and column. */
function* cellsOf(html: string): Generator<[symbol: string, column: string, value: number | null]> {
  for (const row of html.split(/<tr\s/).slice(1)) {
    for (const side of ["call", "put"] as const) {
      const symbol = new RegExp(`data-${side}="([^"]+)"`).exec(row)?.[1];
      if (symbol === undefined) continue;
      for (const column of Object.keys(COLUMNS)) {
        const cell = new RegExp(`<td\\s+class="${side} ${column}(?: [^"]*)?"([^>]*)>([^<]*)</td>`);
        const [whole, attributes = "", text = ""] = cell.exec(row) ?? [];
        if (whole === undefined) continue;
        const exact = /data-value="([^"]+)"/.exec(attributes)?.[1];
        yield [symbol, column, /\d/.test(text) ? Number(exact ?? text.replaceAll(",", "")) : null];
      }
    }
  }
}

testOnRealChains(
  "of every contract of the real chains page, API and database say the same",
  async (folder) => {
    const chains = new Map<string, unknown>();
    for await (const { name } of Deno.readDir(`${folder}/us-chains-2026`)) {
      if (!name.endsWith(".json") || /^AAPL_202607(08|10)/.test(name)) continue;
      const text = await Deno.readTextFile(`${folder}/us-chains-2026/${name}`);
      chains.set(name.split("_")[0] ?? "", JSON.parse(text));
    }
    await withServer(async ({ server, sql, key }) => {
      let contracts = 0;
      let compared = 0;
      for (const [symbol, json] of chains) {
        const chain = recordedChain.parse(json);
        const ticker = parseTicker(symbol);
        assert.ok(ticker);
        await addWatch(sql, ticker);
        await mustPost(
          server,
          key,
          JSON.stringify({
            ticker: symbol,
            agentId: "deals",
            agentTimestamp: new Date(CLOCK_MS).toISOString(),
            spotPrice: chain.underlyingPrice,
            contracts: chain.quotes.map(({ openInterest, iv, ...quote }) => ({
              ...quote,
              open_interest: openInterest,
              implied_vol: iv,
            })),
          }),
        );
        const answer = chainAnswerSchema.parse(
          JSON.parse(await textOf(server, `/api/chains/${symbol}`)),
        );
        const rows = new Map(answer.contracts.map((row) => [row.symbol, row]));
        const stored = new Map(
          (await sql`
          SELECT occ AS symbol, bid::double precision, ask::double precision, last::double precision
          FROM option_quotes WHERE ticker = ${symbol}`).map((row) => [String(row["symbol"]), row]),
        );
        const all = Object.keys(COLUMNS).map((name) => name.replace(/^(bid|ask)-size$/, "sizes"));
        const html = await textOf(
          server,
          `/chains/${symbol}?expiry=all&strikes=all`,
          `lastmark-columns=${[...new Set(all)].join(".")}`,
        );
        const seen = new Set<string>();
        for (const [contract, column, value] of cellsOf(html)) {
          const row = rows.get(contract);
          assert.ok(row, contract);
          const field = COLUMNS[column as keyof typeof COLUMNS];
          assert.equal(value, row[field], `${contract} ${column}`);
          if (field === "bid" || field === "ask" || field === "last") {
            // The database has what was read; a page has what of it was real.
            const read = Number(stored.get(contract)?.[field] ?? 0);
            assert.equal(value, read > 0 ? read : null, `${contract} ${column} in the database`);
          }
          seen.add(contract);
          compared++;
        }
        const quoted = answer.contracts.filter((row) => row.freshness !== null);
        assert.equal(seen.size, quoted.length, symbol);
        contracts += seen.size;
      }
      assert.ok(
        contracts > 10_000 && compared > 100_000,
        `${contracts} contracts, ${compared} values`,
      );
    }, { clockOffsetMs: CLOCK_MS - Date.now() });
  },
);

testOnRealChains(
  "the page of volatility says what its API says, point for point",
  async (folder) => {
    const [chain] = (await readChainFolder(`${folder}/us-chains-2026`)).filter((one) =>
      one.ticker === "SPX"
    );
    assert.ok(chain);
    await withServer(async ({ server, key }) => {
      await mustPost(
        server,
        key,
        JSON.stringify({
          ticker: "SPX",
          agentId: "deals",
          agentTimestamp: new Date(CLOCK_MS).toISOString(),
          spotPrice: chain.spot,
          contracts: chain.contracts.map((
            { contract, bid, ask, last, volume, openInterest, impliedVol, delta },
          ) => ({
            symbol: contract.occ,
            bid,
            ask,
            last,
            volume,
            open_interest: openInterest,
            implied_vol: impliedVol,
            delta,
          })),
        }),
      );
      const path = "/chains/SPX/volatility";
      const answer = volatilityAnswer.parse(JSON.parse(await textOf(server, `/api${path}`)));
      const html = await textOf(server, path);
      const points = answer.smiles.flatMap((smile) => smile.points);
      assert.ok(points.length > 50, `${points.length} points`);
      for (const { impliedVol } of points) assert.ok(html.includes(`data-value="${impliedVol}"`));
      for (const { atmIv } of answer.termStructure) {
        assert.ok(html.includes(`data-value="${atmIv}"`));
      }
      for (const row of answer.surface.rows) {
        for (const value of row.impliedVol) {
          assert.ok(
            value === null || html.includes(`data-value="${value}"`),
            `${row.expiry} ${value}`,
          );
        }
      }
      const said = answer.smiles.map((
        { points: used, leftOut },
      ) => [used.length, ...leftOut.map(({ count }) => count)]);
      for (const counts of said.flat()) {
        assert.ok(html.includes(counts.toLocaleString("en-US")), `${counts} is not said`);
      }
    }, { clockOffsetMs: CLOCK_MS - Date.now() });
  },
);
