/**
 * The main job, end to end: recorded chains through the gateway's socket, the agent, ingest and
 * the database to the page and the API, with all the programs that `start` runs.
 */
import { strict as assert } from "node:assert";
import { join } from "node:path";
import { realValue } from "../../options/fold.ts";
import type { QuoteField } from "../../options/quote.ts";
import { recordedChain, type RecordedFile, testOnRealChains } from "../../options/testing.ts";
import { type ChainAnswer, chainAnswerSchema, type ChainRow } from "../../options/wire/chain.ts";
import { type Started, startWith, until, withData } from "./lastmark.ts";

const EA = "EA_20260712T0832ET_e49e0cee.json";
const SPX = "SPX_20260712T0434ET_94d43bbd.json";
const ZEROED = ["AAPL_20260708T0451Z_a2240369.json", "AAPL_20260710T0148ET_59c31762.json"] as const;
const GOOD = "AAPL_20260715T1315ET_13b7721c.json";

/** Of each recorded value: its name in the file, among our fields, and what the answer has now. */
const FIELDS = [
  ["bid", "bid", "bidNow"],
  ["ask", "ask", "askNow"],
  ["last", "last", "lastNow"],
  ["volume", "volume", "volumeNow"],
  ["openInterest", "openInterest", "openInterestNow"],
  ["iv", "impliedVol", "impliedVolNow"],
] as const satisfies readonly (readonly [
  keyof RecordedFile["quotes"][number],
  QuoteField,
  keyof ChainRow,
])[];

async function recorded(folder: string, name: string): Promise<RecordedFile> {
  return recordedChain.parse(JSON.parse(await Deno.readTextFile(join(folder, name))));
}

async function chainOf(started: Started, ticker: string): Promise<ChainAnswer> {
  const response = await fetch(`${started.url}/api/ma-options/fetch-chain`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ticker }),
  });
  return chainAnswerSchema.parse(await response.json());
}

function rowsOf(chain: ChainAnswer): ReadonlyMap<string, ChainRow> {
  return new Map(chain.contracts.map((row) => [row.symbol, row]));
}

/** The values of a file that the answer does not have as they are. */
function differences(chain: ChainAnswer, file: RecordedFile): string[] {
  const rows = rowsOf(chain);
  return file.quotes.flatMap((quote) => {
    const row = rows.get(quote.symbol);
    if (!row) return [`${quote.symbol} is not there`];
    return FIELDS
      .filter(([name, field, now]) => realValue(field, quote[name]) !== row[now])
      .map(([name, , now]) => `${quote.symbol} ${name}: ${quote[name]} is ${row[now]}`);
  });
}

async function step(started: Started, file: string): Promise<void> {
  const control = /control API (\S+)/.exec(started.lines.join("\n"))?.[1];
  const response = await fetch(`${control}/replay/step`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ symbol: "AAPL", file }),
  });
  assert.equal(response.status, 200, await response.text());
}

/** Everything of a row but `last`, which a blank dump may bring, and what only time changes. */
function withoutLast(row: ChainRow | undefined): unknown {
  const { last: _, lastNow: _now, lastSeenAt: _seen, freshness: _fresh, quality: _flags, ...rest } =
    row ??
      assert.fail("the row is gone");
  return rest;
}

const withoutBidAndAsk = (quote: RecordedFile["quotes"][number]): boolean =>
  realValue("bid", quote.bid) === null && realValue("ask", quote.ask) === null;

testOnRealChains(
  "recorded chains come from the gateway's socket to the API and the page, every value equal; zeroed dumps change nothing that is protected",
  async (data) => {
    const source = join(data, "us-chains-2026");
    await withData(async (folder) => {
      const replay = `${folder}-replay`;
      await Deno.mkdir(replay);
      for (const name of [EA, SPX, ...ZEROED, GOOD]) {
        await Deno.copyFile(join(source, name), join(replay, name));
      }
      const settings = { COLLECTION_INTERVAL: "1" };
      await using started = await startWith(settings, folder, "--replay", replay);

      for (const name of [EA, SPX, ZEROED[0]]) {
        const file = await recorded(source, name);
        await until(`every value of ${name} is there`, async () => {
          return differences(await chainOf(started, file.symbol), file).length === 0;
        });
        assert.equal((await chainOf(started, file.symbol)).contracts.length, file.quotes.length);
        await assertOnPage(started, file);
      }

      await step(started, GOOD);
      const good = await recorded(source, GOOD);
      await until(`every value of ${GOOD} is there`, async () => {
        return differences(await chainOf(started, "AAPL"), good).length === 0;
      });

      for (const name of ZEROED) {
        const file = await recorded(source, name);
        const blank = file.quotes.filter(withoutBidAndAsk).map(({ symbol }) => symbol);
        const brought = new Set(file.quotes.map(({ symbol }) => symbol));
        const before = rowsOf(await chainOf(started, "AAPL"));
        await step(started, name);
        let after = before;
        await until(`the dump ${name} is taken`, async () => {
          after = rowsOf(await chainOf(started, "AAPL"));
          return blank.every((occ) => after.get(occ)?.lastSeenAt !== before.get(occ)?.lastSeenAt);
        });
        const unbrought = [...before.keys()].filter((occ) => !brought.has(occ));
        assert.ok(blank.length > 1_000 && unbrought.length > 1_000);
        for (const occ of [...blank, ...unbrought]) {
          assert.deepEqual(withoutLast(after.get(occ)), withoutLast(before.get(occ)));
        }
      }
      assert.equal(await started.end("SIGTERM"), 0);
    });
  },
);

/** Each price of the file is in its cell on the page of all expiries; none now is no number. */
async function assertOnPage(started: Started, file: RecordedFile): Promise<void> {
  const html = await (await fetch(`${started.url}/chains/${file.symbol}?expiry=all&strikes=all`))
    .text();
  const rows = new Map<string, string>();
  for (const [row, call, put] of html.matchAll(ROW)) {
    if (call) rows.set(call, row);
    if (put) rows.set(put, row);
  }
  const price = new Intl.NumberFormat("en-US", {
    minimumFractionDigits: 2,
    maximumFractionDigits: 4,
  });
  for (const quote of file.quotes) {
    for (const field of ["bid", "ask", "last"] as const) {
      const shown = cellText(rows.get(quote.symbol) ?? "", quote.side, field);
      const value = realValue(field, quote[field]);
      assert.equal(shown, value === null ? "∅" : price.format(value), `${quote.symbol} ${field}`);
    }
  }
}

const ROW = /<tr(?:\s+data-call="(\w+)")?(?:\s+data-put="(\w+)")?[^>]*>.*?<\/tr>/gs;

function cellText(row: string, side: string, field: string): string {
  return new RegExp(`<td\\s+class="${side} ${field}[ "][^>]*>([^<]*)`).exec(row)?.[1] ?? "no cell";
}
