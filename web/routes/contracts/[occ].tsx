/** One contract, `/contracts/EA260116C00210000`: what is known of it and how it came to be. */
import type { Context } from "hono";
import { contractHistory } from "../../../db/contract_history.ts";
import { expiresAtMs } from "../../../options/calendar.ts";
import type { LastKnownContract } from "../../../options/chain.ts";
import { type Contract, parseOcc } from "../../../options/contract.ts";
import { LAST_KNOWN_FIELDS } from "../../../options/known.ts";
import { chainJudge } from "../../../options/quality.ts";
import { type QuoteRow, quoteRowOf } from "../../../options/wire/history.ts";
import { chainAddress } from "../../components/chain/address.ts";
import { packContracts } from "../../components/chain/packed.ts";
import { contractOf } from "../../components/chain/sections.ts";
import { Changes } from "../../components/contract/Changes.tsx";
import { ContractHead, type Neighbours } from "../../components/contract/ContractHead.tsx";
import { dateText, strikeText } from "../../components/format.ts";
import { htmlResponse, Page } from "../../components/Page.tsx";
import ContractView from "../../islands/ContractView.tsx";
import type { AppEnv, Services, TrackedTicker } from "../../services.ts";
import { errorPage } from "../_error.tsx";
import { tickerWith } from "../api/known_contract.ts";

/** Days of which the newest changes are listed. */
const CHANGES_OF_DAYS = 7;
const DAY_MS = 86_400_000;

/** Answers the page. */
export async function contractPage(c: Context<AppEnv>, services: Services): Promise<Response> {
  const text = c.req.param("occ") ?? "";
  const contract = parseOcc(text.toUpperCase());
  const known = contract && await tickerWith(contract, services.chains);
  const last = contract && known?.chain.contracts.get(contract.occ);
  if (!contract || !known || !last) {
    return errorPage(c, services, {
      status: 404,
      title: "No such contract",
      detail: contract
        ? `${contract.occ} is in no chain that is followed. Find it with / by its ticker and strike, ` +
          `or watch its ticker: deno task watch add ${contract.root}`
        : `“${
          text.slice(0, 40)
        }” is no OCC symbol: EA270115C00210000 is one (root, day, C or P, strike).`,
    });
  }
  const nowMs = services.clock.nowMs();
  const { chain } = known;
  const shown = {
    ...last,
    quality: chainJudge(chain, { ticker: known.ticker, nowMs })(last),
    closeLast: null,
  };
  const { root, expiry, strike, right } = contract;
  const name = `${root} ${dateText(expiry)} ${strikeText(strike)} ${
    right === "C" ? "call" : "put"
  }`;
  const rows = await newestQuotes(services, known, contract, nowMs);
  return htmlResponse(
    <Page title={name} island="ContractView">
      <ContractHead
        name={name}
        known={known}
        contract={shown}
        nowMs={nowMs}
        neighbours={neighboursOf(known, contract)}
        chainAddress={chainAddress(known.ticker, { shown: expiry })}
      />
      <ContractView
        nowMs={nowMs}
        ticker={known.ticker}
        seq={chain.seq}
        contract={packContracts([shown], LAST_KNOWN_FIELDS)}
        isOver={expiresAtMs(contract) <= nowMs}
      />
      <Changes occ={contract.occ} rows={rows} days={CHANGES_OF_DAYS} />
    </Page>,
    { request: c.req.raw, services, user: c.get("visitor")?.user.email },
  );
}

async function newestQuotes(
  { database }: Services,
  { ticker }: TrackedTicker,
  { occ }: Contract,
  nowMs: number,
): Promise<QuoteRow[]> {
  const rows: QuoteRow[] = [];
  const range = { fromMs: nowMs - CHANGES_OF_DAYS * DAY_MS, toMs: nowMs + 1 };
  for await (const one of contractHistory(database.work, { ticker, occ }, range)) {
    if (one.mode === "snapshot") rows.push(quoteRowOf(one));
  }
  return rows;
}

/** The contracts beside this one: of the strikes below and above, and of the other side. */
function neighboursOf(
  { chain }: TrackedTicker,
  { root, expiry, strike, right }: Contract,
): Neighbours {
  let below: LastKnownContract | undefined;
  let above: LastKnownContract | undefined;
  let other: LastKnownContract | undefined;
  const strikeOf = (one: LastKnownContract): number => contractOf(one.occ).strike;
  for (const one of chain.contracts.values()) {
    const named = contractOf(one.occ);
    if (named.root !== root || named.expiry !== expiry) continue;
    if (named.right !== right) {
      if (named.strike === strike) other = one;
    } else if (named.strike < strike) {
      if (!below || named.strike > strikeOf(below)) below = one;
    } else if (named.strike > strike) {
      if (!above || named.strike < strikeOf(above)) above = one;
    }
  }
  return { below: below?.occ ?? null, above: above?.occ ?? null, other: other?.occ ?? null };
}
