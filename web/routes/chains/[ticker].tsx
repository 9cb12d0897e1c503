/** The chain of one ticker, `/chains/EA`, `?expiry=2026-07-17` or `?expiry=all`. */
import type { Context } from "hono";
import { liveContracts } from "../../../options/calendar.ts";
import type { LastKnownContract } from "../../../options/chain.ts";
import { parseIsoDate, parseTicker, type Ticker } from "../../../options/contract.ts";
import { chainStateOf } from "../../../options/wire/chain.ts";
import { Legend } from "../../components/chain/ChainBody.tsx";
import { packContracts } from "../../components/chain/packed.ts";
import { contractOf } from "../../components/chain/sections.ts";
import {
  contractsOf,
  defaultExpiry,
  type ExpiryTab,
  type Shown,
  tabOf,
} from "../../components/chain/view.ts";
import { htmlResponse, Page } from "../../components/Page.tsx";
import ChainView from "../../islands/ChainView.tsx";
import FirstPrices from "../../islands/FirstPrices.tsx";
import { expiryStates } from "../../../options/wire/live.ts";
import { contextOf } from "../../live/answers.ts";
import type { AppEnv, Failure, KnownTicker, Services } from "../../services.ts";
import { errorPage } from "../_error.tsx";

/** Answers `/chains/:ticker`. */
export async function handler(c: Context<AppEnv>, services: Services): Promise<Response> {
  const text = c.req.param("ticker") ?? "";
  const ticker = parseTicker(text);
  const known = ticker && await services.chains.get(ticker);
  if (!ticker || !known) return errorPage(c, services, unknownTicker(text, ticker));
  // One address for one chain: `/chains/ea` is `/chains/EA`.
  if (text !== ticker) {
    return c.redirect(`/chains/${encodeURIComponent(ticker)}${new URL(c.req.url).search}`, 301);
  }

  const nowMs = services.clock.nowMs();
  const contracts = liveContracts(known.chain, nowMs);
  if (contracts.length === 0) return htmlResponse(<NothingKnown known={known} nowMs={nowMs} />);
  const tabs = expiryStates(contracts).map(tabOf);
  const shown = shownOf(c.req.query("expiry"), contracts, tabs);
  if (shown === undefined) {
    return errorPage(c, services, noSuchExpiry(ticker, c.req.query("expiry") ?? ""));
  }
  const { name, deal, referencePrice } = known;
  return htmlResponse(
    <Page title={`${ticker} chain`} island="ChainView">
      <ChainView
        nowMs={nowMs}
        head={{ ticker, name, deal, referencePrice }}
        state={chainStateOf(known.chain, contextOf(known, nowMs))}
        tabs={tabs}
        shown={shown}
        contracts={packContracts(inOrder(contractsOf(contracts, shown)))}
      />
      <Legend />
    </Page>,
  );
}

/** What an address asks to see; `undefined` where the chain has no such expiry. */
function shownOf(
  asked: string | undefined,
  contracts: readonly LastKnownContract[],
  tabs: readonly ExpiryTab[],
): Shown | undefined {
  if (asked === undefined) return defaultExpiry(contracts);
  if (asked === "all") return "all";
  const expiry = parseIsoDate(asked);
  return tabs.find((tab) => tab.expiry === expiry)?.expiry;
}

/** By symbol: neighbours are alike, which the packed form and compression live from. */
function inOrder(contracts: readonly LastKnownContract[]): readonly LastKnownContract[] {
  return contracts.toSorted((a, b) => {
    const one = contractOf(a.occ);
    const other = contractOf(b.occ);
    return one.root < other.root ? -1 : one.root > other.root ? 1 : a.occ < b.occ ? -1 : 1;
  });
}

function NothingKnown(
  { known: { ticker, name }, nowMs }: { known: KnownTicker; nowMs: number },
) {
  return (
    <Page title={`${ticker} chain`} island="FirstPrices">
      <div class="head">
        <h1>
          {ticker}
          <span>{name === null ? "" : ` ${name}`}</span>
        </h1>
      </div>
      <FirstPrices nowMs={nowMs} ticker={ticker} />
    </Page>
  );
}

function unknownTicker(text: string, ticker: Ticker | undefined): Failure {
  return {
    status: 404,
    title: ticker ? `${ticker} is not watched` : "No such ticker",
    detail: ticker
      ? `${ticker} is neither a deal nor watched. Watch it with: deno task watch add ${ticker}`
      : `“${text.slice(0, 40)}” names no ticker: letters and digits, like AAPL or BRK-B.`,
  };
}

function noSuchExpiry(ticker: Ticker, asked: string): Failure {
  return {
    status: 404,
    title: `${ticker} has no such expiry`,
    detail: `Nothing of ${ticker} that expires on “${asked.slice(0, 40)}” is known, or it has ` +
      `expired. /chains/${ticker} shows those that there are.`,
  };
}
