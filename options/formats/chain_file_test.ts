import { strict as assert } from "node:assert";
import { strToU8, zipSync } from "fflate";
import { testOnRealChains } from "../testing.ts";
import { type FiledChain, readChainFiles } from "./chain_file.ts";
import { readChainFolder } from "./folder.ts";

function read(path: string, text: string): readonly FiledChain[] {
  return readChainFiles([{ path, bytes: strToU8(text) }]);
}

function one(path: string, text: string): FiledChain {
  const chains = read(path, text);
  assert.equal(chains.length, 1);
  return chains[0] ?? assert.fail();
}

const US_CHAIN = JSON.stringify({
  symbol: "BRK-B",
  updated: "2026-07-12T05:54:31.470336-04:00",
  underlyingPrice: 493.71,
  expirations: ["2026-07-17"],
  quotes: [
    {
      symbol: "BRKB260717C00490000",
      bid: 7.1,
      ask: 7.45,
      last: 7.3,
      volume: 12.0,
      openInterest: 310.0,
      iv: 0.1512,
      delta: 0.61,
      gamma: 0.02,
      theta: -0.31,
      vega: 0.22,
    },
    { symbol: "BRKB260717P00400000", bid: 0.0, ask: null, last: 0.02, volume: null, iv: 1e-5 },
  ],
});

Deno.test("a us-chains file is read: a bid or ask of 0 or null is none, all else is as it is", () => {
  const chain = one("BRK-B.json", US_CHAIN);
  assert.equal(chain.ticker, "BRK-B");
  assert.equal(chain.updatedMs, Date.UTC(2026, 6, 12, 9, 54, 31, 470));
  assert.equal(chain.spot, 493.71);
  const [call, put] = chain.contracts;
  assert.deepEqual(call && [call.bid, call.ask, call.volume, call.openInterest, call.impliedVol], [
    7.1,
    7.45,
    12,
    310,
    0.1512,
  ]);
  assert.deepEqual(put && [put.bid, put.ask, put.last, put.volume, put.impliedVol, put.delta], [
    null,
    null,
    0.02,
    null,
    1e-5,
    null,
  ]);
});

const CBOE = [
  "",
  "SPDR S&P 500 ETF Trust,Last: 589.25,Change:  3.74",
  '"Date: May 16, 2025 at 7:23 PM EDT",Bid: 589.26,Ask: 589.35,Size: 2*4,"Volume: 75,744,434"',
  "Expiration Date,Calls,Last Sale,Net,Bid,Ask,Volume,IV,Delta,Gamma,Open Interest,Strike,Puts," +
  "Last Sale,Net,Bid,Ask,Volume,IV,Delta,Gamma,Open Interest",
  "Mon May 19 2025,SPY250519C00589000,2.1,0.5,2.05,2.07,900,0.11,0.52,0.04,1200,589.00," +
  "SPY250519P00589000,1.8,-0.2,0,1.83,700,0.12,-0.48,0.05,800",
].join("\r\n");

Deno.test("a Cboe table is read by position: the call and the put of a line", () => {
  const chain = one("spy_quotedata.csv", CBOE);
  assert.equal(chain.ticker, "SPY");
  assert.equal(chain.updatedMs, Date.UTC(2025, 4, 16, 23, 23));
  assert.equal(chain.spot, 589.25);
  const [call, put] = chain.contracts;
  assert.deepEqual(call && [call.bid, call.ask, call.last, call.volume, call.openInterest], [
    2.05,
    2.07,
    2.1,
    900,
    1200,
  ]);
  assert.deepEqual(put && [put.bid, put.ask, put.impliedVol, put.delta, put.gamma], [
    null,
    1.83,
    0.12,
    -0.48,
    0.05,
  ]);
});

const DAILY = [
  "underlying,underlying_last, exchange,optionroot,type,expiration,quotedate,strike,last,bid,ask," +
  "volume,openinterest,impliedvol,delta,gamma,theta,vega",
  "SPX,2257.83,*,SPX170317C00300000,call,2017-03-17,2017-01-03,300,1848.1,1945.3,1950.1,0,12,0.18,0.99,0,0,0",
  "SPX,2270.75,*,SPX170317C00300000,call,2017-03-17,2017-01-04,300,0.0,0.0,0.05,0,12,0.18,0.99,0,0,0",
].join("\n");

Deno.test("a file of several days gives a chain per day, at the close of its session", () => {
  const chains = read("spx.csv", DAILY);
  assert.deepEqual(chains.map((chain) => [chain.ticker, chain.updatedMs, chain.spot]), [
    ["SPX", Date.UTC(2017, 0, 3, 21), 2257.83],
    ["SPX", Date.UTC(2017, 0, 4, 21), 2270.75],
  ]);
  const [quote] = chains[1]?.contracts ?? [];
  assert.deepEqual(quote && [quote.bid, quote.ask, quote.last], [null, 0.05, null]);
});

const UNIVERSE = [
  "#expiry,strike,right,open,high,low,close,volume,open_interest,implied_volatility,delta,gamma," +
  "vega,theta,rho",
  ",,,638.25,638.39,638.20,638.20,382,,,,,,,",
  "20140606,492.5,C,145,154.8750,143.9,152.725,4,77,2.69,0.97,0.0006,0.0190,-2.1,0.01",
].join("\n");

Deno.test("a Lean universe is read: underlying by folder, day by name, root by the ticker", () => {
  const chain = one("/data/option/usa/universes/aapl/20140604.csv", UNIVERSE);
  assert.equal(chain.ticker, "AAPL");
  assert.equal(chain.updatedMs, Date.UTC(2014, 5, 4, 4));
  assert.equal(chain.spot, 638.2);
  const [quote] = chain.contracts;
  assert.equal(quote?.contract.occ, "AAPL140606C00492500");
  assert.deepEqual(quote && [quote.bid, quote.last, quote.volume, quote.openInterest, quote.vega], [
    null,
    152.725,
    4,
    77,
    0.019,
  ]);
  assert.equal(one("/data/lean-aapl-2014/universe/20140604.csv", UNIVERSE).ticker, "AAPL");
  assert.throws(() => read("universe/20140604.csv", UNIVERSE), /folder named by its underlying/);
});

function zip(kind: string, rows: string): Uint8Array {
  const name = `aapl_${kind}_american_call_707100_20140613.csv`;
  return zipSync({ [name]: strToU8(rows) });
}

Deno.test("Lean's zips of quotes, trades and open interest make one chain per hour", () => {
  const chains = readChainFiles([
    { path: "o.zip", bytes: zip("openinterest", "20140609 06:00,14\n") },
    {
      path: "q.zip",
      bytes: zip(
        "quote",
        "20140609 09:00,215000,216000,214000,219500,9,230000,231000,229000,236000,110\n" +
          "20140609 11:00,,,,,0,230000,231000,229000,235000,70\n",
      ),
    },
    {
      path: "t.zip",
      bytes: zip(
        "trade",
        "20140609 09:00,1,1,1,228000,28\n20140609 10:00,1,1,1,229000,2\n",
      ),
    },
  ]);
  assert.deepEqual(
    chains.map(({ updatedMs, contracts: [quote] }) => [
      new Date(updatedMs).getUTCHours(),
      quote?.bid,
      quote?.bidSize,
      quote?.ask,
      quote?.last,
      quote?.volume,
      quote?.openInterest,
    ]),
    [
      [14, 21.95, 9, 23.6, 22.8, 28, 14],
      [15, 21.95, 9, 23.6, 22.9, 30, 14],
      [16, null, null, 23.5, 22.9, 30, 14],
    ],
  );
  assert.equal(chains[0]?.contracts[0]?.contract.occ, "AAPL140613C00070710");
});

Deno.test("a file of no known format is refused in one sentence that tells the known ones", () => {
  for (const [path, text] of [["a.json", "{}"], ["a.csv", "date,open\n"], ["b.csv", ""]] as const) {
    assert.throws(() => read(path, text), new RegExp(`^ChainFileError: ${path}: is of no known`));
  }
  assert.throws(() => read("a.json", '{"symbol":'), /a\.json: is not JSON/);
  assert.throws(() => readChainFiles([{ path: "a.csv", bytes: new Uint8Array([0xff, 0xfe]) }]), {
    message: "a.csv: is no UTF-8 text.",
  });
  assert.throws(() => read("a.zip", "PK and nothing"), /a\.zip: is no whole zip/);
});

Deno.test("a wrong value is told with its path or line", () => {
  const wrong = US_CHAIN.replace('"bid":7.1', '"bid":"7.1"');
  assert.throws(() => read("w.json", wrong), /w\.json, quotes\[0\]\.bid: /);
  assert.throws(() => read("w.json", US_CHAIN.replace("C00490000", "X00490000")), {
    message: 'w.json, quotes[0].symbol: "BRKB260717X00490000" is no OCC symbol.',
  });
  assert.throws(() => read("w.csv", CBOE.replace("2.07", "n/a")), {
    message: 'w.csv, line 5: Ask is "n/a", expected a number.',
  });
  assert.throws(
    () => read("w.csv", CBOE.replace("May 16, 2025", "today")),
    /line 3: expected "Date:/,
  );
  assert.throws(() => read("w.csv", DAILY.replace("2017-01-04", "4 January")), {
    message: 'w.csv, line 3: "4 January" is no date YYYY-MM-DD.',
  });
});

Deno.test("chains come by underlying and time, whatever the order of the files", () => {
  const later = US_CHAIN.replace("2026-07-12", "2026-07-13");
  const chains = readChainFiles([
    { path: "2.json", bytes: strToU8(later) },
    { path: "spx.csv", bytes: strToU8(DAILY) },
    { path: "1.json", bytes: strToU8(US_CHAIN) },
  ]);
  assert.deepEqual(chains.map((chain) => chain.file), ["1.json", "2.json", "spx.csv", "spx.csv"]);
});

testOnRealChains(
  "the whole chains of 2026 have the counts that are known of them",
  async (data) => {
    const chains = await readChainFolder(`${data}/us-chains-2026`);
    const count = (ticker: string): number[] =>
      chains.filter((chain) => chain.ticker === ticker).map((chain) => chain.contracts.length);
    assert.equal(chains.length, 17);
    assert.deepEqual(count("AAPL"), [1066, 1132, 2729, 2864, 2596, 2596, 2596, 2418]);
    assert.deepEqual(count("BKNG"), [4785]);
    assert.deepEqual(count("SPX"), [4160]);
    assert.deepEqual(count("EA"), [434]);
    const of = (ticker: string): FiledChain =>
      chains.find((chain) => chain.ticker === ticker) ?? assert.fail();
    const rooted = (ticker: string, root: string): number =>
      of(ticker).contracts.filter(({ contract }) => contract.root === root).length;
    assert.deepEqual([rooted("SPX", "SPX"), rooted("SPX", "SPXW")], [618, 3542]);
    assert.deepEqual([rooted("CDE", "NGD"), rooted("SM", "CIVI")], [77, 58]);
    assert.deepEqual([rooted("MCFT", "MPX"), rooted("BBBY", "TBHC")], [7, 3]);
    const bkng = of("BKNG").contracts;
    assert.equal(bkng.filter((quote) => quote.bid === null && quote.ask === null).length, 754);
    const ghosts = bkng.filter((quote) => quote.delta === null);
    assert.equal(ghosts.length, 1708);
    assert.equal(ghosts.filter((quote) => quote.bid !== null).length, 1692);
    assert.ok(ghosts.every((quote) => quote.contract.strike >= 1700));
    const zeroed = chains[0]?.contracts.filter((quote) => quote.bid === null);
    assert.equal(zeroed?.length, 1060);
  },
);

testOnRealChains("the other real files are read whole", async (data) => {
  const [spy] = await readChainFolder(`${data}/spy-2025`);
  assert.equal(spy?.contracts.length, 3160);
  const daily = await readChainFolder(`${data}/spy-spx-daily`);
  assert.equal(daily.filter((chain) => chain.ticker === "SPY").length, 252);
  assert.ok(
    daily.filter((chain) => chain.ticker === "SPY").every((chain) => chain.contracts.length === 20),
  );
  assert.equal(daily.filter((chain) => chain.ticker === "SPX").length, 96);
  const lean = await readChainFolder(`${data}/lean-aapl-2014`);
  const universes = lean.filter((chain) => chain.file.includes("/universe/"));
  assert.deepEqual(universes.map((chain) => chain.contracts.length), [
    4532,
    2352,
    2180,
    4360,
    4360,
  ]);
  const hours = lean.filter((chain) => chain.file.endsWith(".zip"));
  assert.equal(hours.length, 14);
});
