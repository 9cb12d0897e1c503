/** Recorded chains, as dirty as real ones are, through HTTP and the database and back. */
import { strict as assert } from "node:assert";
import { gzipSync } from "node:zlib";
import { addWatch } from "../../db/watches.ts";
import { parseTicker } from "../../options/contract.ts";
import { realValue } from "../../options/fold.ts";
import type { QuoteField } from "../../options/quote.ts";
import {
  recordedChain,
  type RecordedFile as Recorded,
  testOnRealChains,
} from "../../options/testing.ts";
import { type ChainAnswer, chainAnswerSchema, type ChainRow } from "../../options/wire/chain.ts";
import type { RunningServer } from "../server.ts";
import { mustPost, withServer } from "./harness.ts";

/** Of each recorded value: its name in the file, in an answer, and among our own fields. */
const FIELDS = [
  ["bid", "bid", "bid", "bidNow"],
  ["ask", "ask", "ask", "askNow"],
  ["last", "last", "last", "lastNow"],
  ["volume", "volume", "volume", "volumeNow"],
  ["openInterest", "open_interest", "openInterest", "openInterestNow"],
  ["iv", "implied_vol", "impliedVol", "impliedVolNow"],
  ["delta", "delta", "delta", "deltaNow"],
] as const satisfies readonly (readonly [
  keyof Recorded["quotes"][number],
  keyof ChainRow,
  QuoteField,
  keyof ChainRow,
])[];

/** The clock stands before the first recorded chain, so that no contract of any has expired. */
const CLOCK_MS = Date.parse("2026-07-08T04:51:00Z");

async function recorded(folder: string): Promise<Map<string, Recorded>> {
  const chains = new Map<string, Recorded>();
  for await (const { name } of Deno.readDir(`${folder}/us-chains-2026`)) {
    if (!name.endsWith(".json")) continue;
    const text = await Deno.readTextFile(`${folder}/us-chains-2026/${name}`);
    chains.set(name, recordedChain.parse(JSON.parse(text)));
  }
  return new Map([...chains].sort(([a], [b]) => a < b ? -1 : 1));
}

async function send(server: RunningServer, key: string, chain: Recorded): Promise<void> {
  const body = JSON.stringify({
    ticker: chain.symbol,
    agentId: "deals",
    agentTimestamp: new Date(CLOCK_MS).toISOString(),
    spotPrice: chain.underlyingPrice,
    contracts: chain.quotes.map(({ openInterest, iv, ...quote }) => ({
      ...quote,
      open_interest: openInterest,
      implied_vol: iv,
    })),
  });
  const answer = await mustPost(server, key, new Uint8Array(gzipSync(body)), {
    "content-encoding": "gzip",
  });
  assert.equal(answer["contractsReceived"], chain.quotes.length);
}

async function chainOf(server: RunningServer, ticker: string): Promise<ChainAnswer> {
  const response = await fetch(`${server.url}/api/ma-options/fetch-chain`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ticker }),
  });
  assert.equal(response.status, 200);
  return chainAnswerSchema.parse(await response.json());
}

async function withRecorded(
  test: (server: RunningServer, key: string) => Promise<void>,
): Promise<void> {
  await withServer(async ({ server, sql, key }) => {
    for (const symbol of ["AAPL", "AEM", "BBBY", "BKNG", "BRK-B", "CDE", "MCFT", "SM"]) {
      const ticker = parseTicker(symbol);
      assert.ok(ticker);
      await addWatch(sql, ticker);
    }
    await test(server, key);
  }, { clockOffsetMs: CLOCK_MS - Date.now() });
}

testOnRealChains(
  "each recorded chain comes back contract by contract as it was sent",
  async (folder) => {
    const latest = new Map<string, Recorded>();
    for (const [name, chain] of await recorded(folder)) {
      // The zeroed dumps are what the next test is about.
      if (!/^AAPL_202607(08|10)/.test(name)) latest.set(chain.symbol, chain);
    }
    await withRecorded(async (server, key) => {
      for (const [symbol, chain] of latest) {
        await send(server, key, chain);
        const answer = await chainOf(server, symbol);
        assert.equal(answer.contracts.length, chain.quotes.length, symbol);
        assert.equal(answer.spotPrice, realValue("last", chain.underlyingPrice));
        const rows = new Map(answer.contracts.map((row) => [row.symbol, row]));
        for (const quote of chain.quotes) {
          const row = rows.get(quote.symbol);
          assert.ok(row, quote.symbol);
          for (const [from, to, field, now] of FIELDS) {
            const real = realValue(field, quote[from]);
            assert.deepEqual([row[to], row[now]], [real, real], `${quote.symbol} ${to}`);
          }
        }
      }
    });
  },
);

testOnRealChains(
  "a zeroed dump changes no bid, ask, IV or greek, nor when one was seen",
  async (folder) => {
    const aapl = [...await recorded(folder)].filter(([name]) => name.startsWith("AAPL_202607"));
    const [zeroed, alsoZeroed, good] = aapl.map(([, chain]) => chain);
    assert.ok(zeroed && alsoZeroed && good);
    await withRecorded(async (server, key) => {
      await send(server, key, good);
      const before = new Map(
        (await chainOf(server, "AAPL")).contracts.map((row) => [row.symbol, row]),
      );
      const brought = new Set<string>();
      for (const dump of [zeroed, alsoZeroed]) {
        await send(server, key, dump);
        // The few rows of a dump that have a bid or an ask count, and are newer.
        for (const quote of dump.quotes) if (quote.bid || quote.ask) brought.add(quote.symbol);
        const after = (await chainOf(server, "AAPL")).contracts;
        const kept = after.filter((row) => before.has(row.symbol) && !brought.has(row.symbol));
        assert.ok(kept.length > 900, `${kept.length} rows were to be kept`);
        for (const row of kept) {
          const known = before.get(row.symbol);
          assert.ok(known);
          assert.deepEqual(protectedOf(row), protectedOf(known), row.symbol);
        }
      }
    });
  },
);

/** All of a row but what a zeroed dump may bring: a last price, and a spot that flags are judged by. */
function protectedOf(row: ChainRow) {
  const { last: _last, lastNow: _now, lastSeenAt: _seen, quality: _quality, ...rest } = row;
  return rest;
}
