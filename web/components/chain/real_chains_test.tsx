/** Recorded chains as pages: every contract, every number, to the digit. */
import { strict as assert } from "node:assert";
import { renderToString } from "preact-render-to-string";
import { EMPTY_CHAIN } from "../../../options/chain.ts";
import { foldBatches } from "../../../options/fold.ts";
import { readChainFolder } from "../../../options/formats/folder.ts";
import type { RecordedChain } from "../../../options/formats/recorded.ts";
import { chainJudge } from "../../../options/quality.ts";
import { toStored } from "../../../options/quote.ts";
import { batchOf, quoteOf, testOnRealChains } from "../../../options/testing.ts";
import { ChainBody } from "./ChainBody.tsx";
import { COLUMNS, fieldsOf, type Side } from "./columns.ts";
import { packContracts, unpackContracts } from "./packed.ts";
import type { ShownContract } from "./shown_contract.ts";

const TICKERS = ["AAPL", "SPX", "BKNG", "EA"];

/** What the fold counts as real (design, "Last-known"): an IV of 1e-4 or less is none. */
const LEAST_IV = 1e-4;

testOnRealChains("every value of a recorded chain is on its page", async (folder) => {
  const chains = await readChainFolder(`${folder}/us-chains-2026`);
  for (const ticker of TICKERS) {
    const chain = chains.find((one) => one.ticker === ticker && hasBids(one));
    assert.ok(chain, `there is no chain of ${ticker}`);
    const cells = cellsOf(pageOf(chain));
    for (const quote of chain.contracts) {
      const { occ, right, root } = quote.contract;
      for (const { name, fields: [field] } of COLUMNS[right === "C" ? "call" : "put"]) {
        if (field === undefined || field === "mid") continue;
        const value = quote[field];
        const stored = value === null ? null : toStored(field, value);
        const real = stored !== null && (field !== "impliedVol" || stored > LEAST_IV);
        const shown = cells.get(`${root} ${occ} ${name}`);
        if (real) assert.equal(shown, stored, `${occ} ${name} is ${value} in the file`);
        else assert.ok(shown === undefined, `${occ} ${name} is ${shown}, and none in the file`);
      }
    }
  }
});

function hasBids(chain: RecordedChain): boolean {
  return chain.contracts.filter((quote) => quote.bid !== null).length >
      chain.contracts.length / 2 ||
    chain.ticker === "EA";
}

/** The page as the browser draws it: from the packed contracts. */
function pageOf(chain: RecordedChain): string {
  const quotes = chain.contracts.map(({ contract, ...values }) => quoteOf(contract.occ, values));
  const batch = batchOf(chain.updatedMs, quotes, { spot: chain.spot });
  const folded = foldBatches(EMPTY_CHAIN, [batch]).chain;
  const judge = chainJudge(folded, { ticker: chain.ticker, nowMs: chain.updatedMs });
  const contracts: ShownContract[] = [...folded.contracts.values()].map((contract) => ({
    ...contract,
    quality: judge(contract),
    closeLast: null,
  }));
  assert.equal(contracts.length, chain.contracts.length);
  return renderToString(
    <ChainBody
      ticker={chain.ticker}
      contracts={unpackContracts(packContracts(contracts, fieldsOf(COLUMNS)))}
      columns={COLUMNS}
      spot={folded.spot?.value ?? null}
      windows={{}}
      allStrikes=""
    />,
  );
}

/** The numbers of a page by root, contract and column; a dash or a sentence is no number. */
function cellsOf(html: string): Map<string, number> {
  const cells = new Map<string, number>();
  for (const section of html.split("<section").slice(1)) {
    const root = /data-root="([^"]+)"/.exec(section)?.[1] ?? "";
    for (const row of section.split(/<tr\s/).slice(1)) {
      for (const side of ["call", "put"] as const) {
        const occ = new RegExp(`data-${side}="([^"]+)"`).exec(row)?.[1];
        if (occ === undefined) continue;
        for (const [name, value] of numbersOf(row, side)) {
          cells.set(`${root} ${occ} ${name}`, value);
        }
      }
    }
  }
  return cells;
}

function* numbersOf(row: string, side: Side): Generator<[string, number]> {
  for (const { name } of COLUMNS[side]) {
    const cell = new RegExp(`<td\\s+class="${side} ${name}(?: [^"]*)?"([^>]*)>([^<]*)</td>`);
    const [, attributes = "", text = ""] = cell.exec(row) ?? [];
    const exact = /data-value="([^"]+)"/.exec(attributes)?.[1];
    if (/\d/.test(text)) yield [name, Number(exact ?? text.replaceAll(",", ""))];
  }
}
