/**
 * Recorded chains, from the files through a gateway's socket to the payload: every value equal.
 * Needs LASTMARK_DATA, a folder with `us-chains-2026` of real chain files.
 */
import { strict as assert } from "node:assert";
import { systemClock } from "../../base/clock.ts";
import { parseTicker, type Ticker } from "../../options/contract.ts";
import type { Quote } from "../../options/quote.ts";
import { recordedChain, type RecordedFile as Recorded } from "../../options/testing.ts";
import { silentLog } from "../../telemetry/log.ts";
import { allExpiries } from "../chain/expiries.ts";
import { unknownChain } from "../chain/known_chain.ts";
import { type ChainRead, readChain } from "../chain/read.ts";
import { tradingDay } from "../chain/trading_day.ts";
import { connect } from "../gateway/connection.ts";
import { createLines } from "../gateway/lines.ts";
import { LIFTED, startGateway } from "./programs.ts";

const DATA = Deno.env.get("LASTMARK_DATA");
const FOLDER = `${DATA}/us-chains-2026`;

/** The first file of each symbol: what a replay shows before its first step. */
async function firstFiles(): Promise<ReadonlyMap<string, string>> {
  const names = (await Array.fromAsync(Deno.readDir(FOLDER))).map((entry) => entry.name).sort();
  const first = new Map<string, string>();
  for (const name of names) {
    const symbol = name.split("_")[0] ?? "";
    if (!first.has(symbol)) first.set(symbol, name);
  }
  return first;
}

async function recorded(name: string): Promise<Recorded> {
  return recordedChain.parse(JSON.parse(await Deno.readTextFile(`${FOLDER}/${name}`)));
}

async function readThrough(port: number, ticker: Ticker, clientId = 300): Promise<ChainRead> {
  const clock = systemClock();
  const connected = await connect({
    address: { host: "127.0.0.1", port },
    clientId,
    ratePerSecond: 0,
    clock,
    log: silentLog,
  });
  assert.ok(connected.kind === "connected");
  try {
    const outcome = await readChain(connected.connection, {
      ticker,
      readId: "test",
      choose: allExpiries,
      clock,
      lines: createLines(5_000, clock).forRead(0),
      known: unknownChain(tradingDay(clock.nowMs())),
      log: silentLog,
    });
    assert.ok(outcome.kind === "read");
    return outcome.read;
  } finally {
    await connected.connection.close();
  }
}

/** A price or IV of 0 is none; a volume or an open interest of 0 is an answer. */
function positive(value: number | null): number | null {
  return value !== null && value > 0 ? value : null;
}

function compare(read: ChainRead, expected: Recorded): void {
  const rows = new Map<string, Quote>(read.quotes.map((quote) => [quote.occ, quote]));
  assert.deepEqual(read.missing, []);
  assert.equal(rows.size, expected.quotes.length);
  assert.equal(read.spot, expected.underlyingPrice);
  for (const quote of expected.quotes) {
    const row = rows.get(quote.symbol.replaceAll(" ", ""));
    assert.ok(row, `${quote.symbol} is there`);
    const got = [row.bid, row.ask, row.last, row.volume, row.openInterest, row.delta];
    assert.deepEqual(got, [
      positive(quote.bid),
      positive(quote.ask),
      positive(quote.last),
      quote.volume,
      quote.openInterest,
      quote.delta,
    ], quote.symbol);
    // An IV of 0 in the file is none, or an IV of 0: the server takes both for none.
    assert.equal(row.impliedVol || null, positive(quote.iv), `${quote.symbol} IV`);
    assert.deepEqual(
      [row.gamma, row.theta, row.vega],
      [quote.gamma, quote.theta, quote.vega],
      `${quote.symbol} greeks`,
    );
  }
}

async function stepTo(controlPort: number, symbol: string, name: string): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${controlPort}/replay/step`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ symbol, file: name }),
  });
  assert.equal(answer.status, 200, await answer.text());
}

Deno.test({
  name: "every value of the recorded chains arrives equal, through the gateway's socket",
  ignore: DATA === undefined && Deno.env.get("CI") !== "true",
  async fn() {
    await using gateway = await startGateway(...LIFTED, "--replay", FOLDER);
    // All at once, a connection each: most of a read's time is the wait for what never comes.
    await Promise.all([...await firstFiles()].map(async ([symbol, name], index) => {
      const ticker = parseTicker(symbol);
      assert.ok(ticker);
      compare(await readThrough(gateway.port, ticker, 300 + index), await recorded(name));
    }));
    const later = "AAPL_20260715T1315ET_13b7721c.json";
    const ticker = parseTicker("AAPL");
    assert.ok(ticker);
    await stepTo(gateway.controlPort, "AAPL", later);
    compare(await readThrough(gateway.port, ticker), await recorded(later));
  },
});
