/** The chains that are read: of the made-up market, as many contracts as asked for, or recorded. */
import { parseTicker, type Ticker } from "../../options/contract.ts";
import { earliestRecordedMs } from "../../options/formats/folder.ts";
import { readsOf } from "../bench/chains.ts";

/** A chain in a folder of its own, from which a gateway replays it. */
export interface ChainFolder {
  readonly ticker: Ticker;
  readonly folder: string;
  /** Domain time minus real time, so that the chain's time is now. */
  readonly clockOffsetMs: number;
}

/** Writes a made-up chain of so many contracts into the folder. */
export async function madeUpChain(folder: string, contracts: number): Promise<ChainFolder> {
  const ticker = parseTicker("AZA");
  if (!ticker) throw new RangeError("AZA is no ticker");
  const nowMs = Date.now();
  const [chain] = readsOf(ticker, { contracts, reads: 1, nowMs });
  if (!chain) throw new Error("the made-up market gave no chain");
  const file = {
    format: "lastmark-chain",
    version: 1,
    ticker,
    updated: new Date(nowMs).toISOString(),
    spot: chain.spot,
    contracts: chain.rows.map((row) => ({
      symbol: row.contract.occ,
      bid: row.bid,
      ask: row.ask,
      last: row.last,
      volume: row.volume,
      open_interest: row.openInterest,
      implied_vol: row.impliedVol,
      delta: row.delta,
      bid_size: row.bidSize,
      ask_size: row.askSize,
    })),
  };
  await Deno.writeTextFile(`${folder}/chain.json`, JSON.stringify(file));
  return { ticker, folder, clockOffsetMs: 0 };
}

/** Puts the first recorded chain of a ticker into the folder. */
export async function recordedChain(
  folder: string,
  data: string,
  text: string,
): Promise<ChainFolder> {
  const ticker = parseTicker(text);
  if (!ticker) throw new RangeError(`${text} is no ticker`);
  const from = `${data}/us-chains-2026`;
  const names = (await Array.fromAsync(Deno.readDir(from))).map(({ name }) => name)
    .filter((name) => name.startsWith(`${ticker}_`)).sort();
  const [first] = names;
  if (first === undefined) throw new RangeError(`${from} has no chain of ${ticker}`);
  await Deno.copyFile(`${from}/${first}`, `${folder}/${first}`);
  return { ticker, folder, clockOffsetMs: await earliestRecordedMs(folder) - Date.now() };
}
