/** `/find?q=`: from what a reader writes to a ticker's chain or a contract, or to those it could be. */
import type { LastKnownContract } from "../../options/chain.ts";
import { liveContracts } from "../../options/calendar.ts";
import { parseOcc, parseTicker } from "../../options/contract.ts";
import { contractOf } from "../components/chain/sections.ts";
import { dateText, strikeText } from "../components/format.ts";
import { htmlResponse, Page } from "../components/Page.tsx";
import type { KnownTicker, RequestContext, Services } from "../services.ts";
import { matches, readWords } from "./find_words.ts";

/** Contracts listed at most. */
const MOST = 200;

/** Goes where there is one thing to go to; lists what there is else. */
export async function find(c: RequestContext, services: Services): Promise<Response> {
  const text = (c.req.query("q") ?? "").trim().slice(0, 80);
  const occ = parseOcc(text.toUpperCase().replaceAll(" ", ""));
  if (occ) return c.redirect(`/contracts/${occ.occ}`, 303);
  const [first = "", ...rest] = text.split(/\s+/);
  const ticker = parseTicker(first);
  const known = ticker && await services.chains.get(ticker);
  if (known && rest.length === 0) return c.redirect(`/chains/${encodeURIComponent(ticker)}`, 303);
  if (known) {
    const found = contractsOf(known, rest, services.clock.nowMs());
    if (found.length === 1) return c.redirect(`/contracts/${found[0]?.occ}`, 303);
    return htmlResponse(<Found text={text} known={known} found={found} />, {
      request: c.req.raw,
      services,
      user: c.get("visitor")?.user.email,
    });
  }
  const tickers = await tickersLike(services, text);
  const only = tickers.length === 1 ? tickers[0] : undefined;
  if (only) return c.redirect(`/chains/${encodeURIComponent(only.ticker)}`, 303);
  return htmlResponse(<Tickers text={text} tickers={tickers} />, {
    request: c.req.raw,
    services,
    user: c.get("visitor")?.user.email,
  });
}

async function tickersLike({ chains }: Services, text: string): Promise<readonly KnownTicker[]> {
  const wanted = text.toLowerCase();
  const all = await chains.all();
  return all.filter(({ ticker, name }) =>
    ticker.toLowerCase().startsWith(wanted) || (name?.toLowerCase().includes(wanted) ?? false)
  );
}

function contractsOf(
  { chain }: KnownTicker,
  words: readonly string[],
  nowMs: number,
): readonly LastKnownContract[] {
  const wanted = readWords(words);
  return liveContracts(chain, nowMs).filter(({ occ }) => matches(contractOf(occ), wanted))
    .toSorted((a, b) => a.occ < b.occ ? -1 : 1);
}

function Found(
  { text, known, found }: {
    text: string;
    known: KnownTicker;
    found: readonly LastKnownContract[];
  },
) {
  return (
    <Page title={`Find ${text}`}>
      <div class="guide">
        <h1>{`${known.ticker}: “${text}”`}</h1>
        {found.length === 0
          ? (
            <p>
              {`No contract of ${known.ticker} is like this. Write a strike, C or P, a month or a day: `}
              <code>{`${known.ticker} 210 C Jan 27`}</code>, or see{" "}
              <a href={`/chains/${encodeURIComponent(known.ticker)}`}>the chain</a>.
            </p>
          )
          : null}
        <ul class="found">
          {found.slice(0, MOST).map(({ occ }) => {
            const { root, expiry, strike, right } = contractOf(occ);
            return (
              <li key={occ}>
                <a href={`/contracts/${occ}`}>
                  {`${root} ${dateText(expiry)} ${strikeText(strike)} ${
                    right === "C" ? "call" : "put"
                  }`}
                </a>
              </li>
            );
          })}
        </ul>
        {found.length > MOST
          ? <p>{`And ${found.length - MOST} more: say which month or strike.`}</p>
          : null}
      </div>
    </Page>
  );
}

function Tickers({ text, tickers }: { text: string; tickers: readonly KnownTicker[] }) {
  return (
    <Page title={`Find ${text}`}>
      <div class="guide">
        <h1>{text === "" ? "Find a ticker or contract" : `“${text}”`}</h1>
        {tickers.length === 0
          ? (
            <p>
              No ticker that is followed is like this. Follow one on the{" "}
              <a href="/">list of tickers</a>, or with <code>deno task watch add AAPL</code>.
            </p>
          )
          : null}
        <ul class="found">
          {tickers.map(({ ticker, name }) => (
            <li key={ticker}>
              <a href={`/chains/${encodeURIComponent(ticker)}`}>{ticker}</a> {name ?? ""}
            </li>
          ))}
        </ul>
      </div>
    </Page>
  );
}
