/**
 * The chain of one ticker: `/chains/EA`, `?expiry=2026-07-17` or `?expiry=all`, `?strikes=all`, and
 * with `?at=` as it was known at a moment of the past.
 */
import type { Context } from "hono";
import { liveContracts } from "../../../options/calendar.ts";
import type { LastKnownChain, LastKnownContract } from "../../../options/chain.ts";
import { parseIsoDate, parseTicker, type Ticker } from "../../../options/contract.ts";
import { chainJudge } from "../../../options/quality.ts";
import { chainStateOf } from "../../../options/wire/chain.ts";
import { expiryStates } from "../../../options/wire/live.ts";
import { Legend } from "../../components/chain/ChainBody.tsx";
import { chosenColumns, fieldsOf } from "../../components/chain/columns.ts";
import { packContracts } from "../../components/chain/packed.ts";
import { contractOf, rowsWithin, sectionsOf, windowsOf } from "../../components/chain/sections.ts";
import {
  contractsOf,
  defaultExpiry,
  type ExpiryTab,
  type Shown,
  type Strikes,
  tabOf,
  type Then,
} from "../../components/chain/view.ts";
import type { ShownContract } from "../../components/chain/shown_contract.ts";
import { dateTimeText } from "../../components/format.ts";
import { htmlResponse, Page } from "../../components/Page.tsx";
import ChainView from "../../islands/ChainView.tsx";
import FirstPrices from "../../islands/FirstPrices.tsx";
import { contextOf } from "../../live/answers.ts";
import type { CloseLasts } from "../../live/closes.ts";
import type { AppEnv, Failure, KnownTicker, Services } from "../../services.ts";
import { errorPage } from "../_error.tsx";
import { choiceOf } from "../columns.ts";
import { momentOf } from "../moment.ts";
import { knownAt } from "../then.ts";

/** Strikes shown on either side of the money: of one expiry, and of each where all are shown. */
const NEAR_STRIKES = 20;
const NEAR_STRIKES_OF_EACH = 4;

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
  const at = c.req.query("at");
  if (at === undefined) return await chainPage(c, services, known, null);
  const atMs = momentOf(at);
  const found = atMs === undefined ? undefined : await knownAt(services, known, atMs);
  if (!found) return errorPage(c, services, noSuchMoment(ticker, at, atMs));
  return await chainPage(c, services, found.known, found.then);
}

async function chainPage(
  c: Context<AppEnv>,
  services: Services,
  known: KnownTicker,
  then: Then | null,
): Promise<Response> {
  const { ticker, name, deal, referencePrice, chain } = known;
  const nowMs = then?.atMs ?? services.clock.nowMs();
  const live = liveContracts(chain, nowMs);
  if (live.length === 0) {
    if (then) return errorPage(c, services, nothingThen(ticker, then));
    return htmlResponse(<NothingKnown known={known} nowMs={nowMs} />, {
      request: c.req.raw,
      services,
      user: c.get("visitor")?.user.email,
    });
  }
  const tabs = expiryStates(live).map(tabOf);
  const shown = shownOf(c.req.query("expiry"), live, tabs);
  if (shown === undefined) {
    return errorPage(c, services, noSuchExpiry(ticker, c.req.query("expiry") ?? ""));
  }
  const choice = choiceOf(c);
  const columns = chosenColumns(choice);
  const tellsChange = columns.call.some((column) => column.name === "change");
  const closes = tellsChange ? await services.closes.before(ticker, nowMs) : new Map();
  const contracts = inOrder(contractsOf(live, shown)).map(shower(chain, ticker, nowMs, closes));
  const state = chainStateOf(chain, contextOf(known, nowMs));
  const strikes: Strikes = c.req.query("strikes") === "all" ? "all" : "near";
  const near = nearOf(contracts, { shown, strikes, spot: state.spotPrice });
  return htmlResponse(
    <Page title={titleOf(ticker, then)} island="ChainView">
      <ChainView
        nowMs={nowMs}
        head={{ ticker, name, deal, referencePrice }}
        state={state}
        tabs={tabs}
        shown={shown}
        strikes={strikes}
        windows={near.windows}
        choice={choice}
        then={then}
        contracts={packContracts(near.contracts, fieldsOf(columns))}
      />
      <Legend />
    </Page>,
    { request: c.req.raw, services, user: c.get("visitor")?.user.email },
  );
}

function titleOf(ticker: Ticker, then: Then | null): string {
  return then === null ? `${ticker} chain` : `${ticker} chain, ${dateTimeText(then.atMs)}`;
}

/** Makes of what is known of a contract what pages show. */
function shower(
  chain: LastKnownChain,
  ticker: Ticker,
  nowMs: number,
  closes: CloseLasts,
): (contract: LastKnownContract) => ShownContract {
  const judge = chainJudge(chain, { ticker, nowMs });
  return (contract) => ({
    ...contract,
    quality: judge(contract),
    closeLast: closes.get(contract.occ) ?? null,
  });
}

/** The strikes around the money, with the contracts that they show. */
function nearOf(
  contracts: readonly ShownContract[],
  { shown, strikes, spot }: { shown: Shown; strikes: Strikes; spot: number | null },
) {
  if (strikes === "all") return { windows: {}, contracts };
  const sections = sectionsOf(contracts);
  const each = shown === "all" ? NEAR_STRIKES_OF_EACH : NEAR_STRIKES;
  const windows = windowsOf(sections, spot, each);
  // All strikes of one expiry come with the page: what the section says is of all of them.
  if (shown !== "all") return { windows, contracts };
  const kept = sections.flatMap((section) =>
    rowsWithin(section, windows).flatMap(({ call, put }) => [call, put])
  );
  return { windows, contracts: inOrder(kept.filter((one) => one !== undefined)) };
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
function inOrder<Known extends LastKnownContract>(contracts: readonly Known[]): Known[] {
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

function noSuchMoment(ticker: Ticker, asked: string, atMs: number | undefined): Failure {
  return {
    status: 404,
    title: `Nothing of ${ticker} is known of that moment`,
    detail: atMs === undefined
      ? `“${asked.slice(0, 40)}” is no moment: 2026-11-20T10:00 is one (New York time), and ` +
        "2026-11-20T15:00:00Z."
      : `Nothing of ${ticker} was ever stored, so there is no past to show.`,
  };
}

function nothingThen(ticker: Ticker, { atMs, firstMs }: Then): Failure {
  return {
    status: 404,
    title: `Nothing of ${ticker} was known then`,
    detail: `At ${dateTimeText(atMs)} New York no contract of ${ticker} was known. Its kept ` +
      `history begins ${dateTimeText(firstMs)}: /chains/${ticker}?at=` +
      new Date(firstMs).toISOString(),
  };
}
