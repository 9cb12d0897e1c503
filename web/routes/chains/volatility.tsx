/** `/chains/EA/volatility`: smile, term structure, surface, history and positions, all as numbers too. */
import { Fact } from "../../components/Fact.tsx";
import { parseIsoDate, parseTicker } from "../../../options/contract.ts";
import type { VolatilityAnswer } from "../../../options/wire/volatility.ts";
import { LineChart } from "../../components/charts/LineChart.tsx";
import { type NumberCell, Numbers } from "../../components/charts/Numbers.tsx";
import {
  countOf,
  countText,
  dateText,
  dateTimeText,
  daysLeftText,
  percentText,
  priceText,
  strikeText,
} from "../../components/format.ts";
import { htmlResponse, Page } from "../../components/Page.tsx";
import { volatilityOf } from "../../live/volatility.ts";
import type { RequestContext, Services } from "../../services.ts";
import { errorPage } from "../_error.tsx";
import { momentOf } from "../moment.ts";
import { knownAt } from "../then.ts";
import { Positions } from "./volatility_positions.tsx";
import { Surface } from "./volatility_surface.tsx";

/** Answers the page. */
export async function volatilityPage(c: RequestContext, services: Services): Promise<Response> {
  const text = c.req.param("ticker") ?? "";
  const ticker = parseTicker(text);
  const now = ticker && await services.chains.get(ticker);
  if (!ticker || !now) {
    return await errorPage(c, services, {
      status: 404,
      title: "Not a ticker that is followed",
      detail: `“${text.slice(0, 40)}” is neither a deal nor watched.`,
    });
  }
  const at = c.req.query("at");
  const atMs = at === undefined ? undefined : momentOf(at);
  const then = atMs === undefined ? undefined : await knownAt(services, now, atMs);
  const nowMs = then?.then.atMs ?? services.clock.nowMs();
  const expiry = parseIsoDate(c.req.query("expiry") ?? "");
  const answer = await volatilityOf(services, then?.known ?? now, { nowMs, expiry });
  if (!answer) {
    return await errorPage(c, services, {
      status: 404,
      title: `No volatility of ${ticker} is known`,
      detail: expiry
        ? `Nothing of ${ticker} that expires on ${expiry} is known. /chains/${ticker} shows what is.`
        : `Nothing of ${ticker} was read yet: deno task agent fetch --ticker ${ticker}`,
    });
  }
  return htmlResponse(<Volatility of={answer} nowMs={nowMs} isPast={then !== undefined} />, {
    request: c.req.raw,
    services,
    user: c.get("visitor")?.user.email,
  });
}

const percent = (fraction: number): string => `${percentText(fraction, 1)} %`;

/** A fraction in percent, with itself behind it. */
function exactly(fraction: number): NumberCell {
  return { text: `${percentText(fraction)} %`, exact: fraction };
}

function skewText(skew: number | null): string {
  return skew === null ? "not known" : `${percentText(skew)} %`;
}

function Volatility(
  { of, nowMs, isPast }: { of: VolatilityAnswer; nowMs: number; isPast: boolean },
) {
  const chain = `/chains/${encodeURIComponent(of.ticker)}`;
  const at = isPast ? `&at=${new Date(nowMs).toISOString()}` : "";
  return (
    <Page title={`${of.ticker} volatility`}>
      <div class="head">
        <h1>
          {of.ticker} <span>volatility</span>
        </h1>
        <div class="spot">{of.spotPrice === null ? "no price yet" : priceText(of.spotPrice)}</div>
        <Facts of={of} />
        <p class="reason">
          {isPast ? `As it was known on ${dateTimeText(nowMs)} New York. ` : ""}
          <a href={`${chain}?expiry=${of.expiry}${at}`}>
            {`The chain of ${dateText(parsed(of.expiry))}`}
          </a>
        </p>
      </div>
      <nav class="tabs" aria-label="Expiries">
        {of.expirations.map((expiry) => (
          <a
            key={expiry}
            href={`${chain}/volatility?expiry=${expiry}${at}`}
            aria-current={expiry === of.expiry ? "page" : undefined}
          >
            {dateText(parsed(expiry))}
            <small>{daysLeftText(parsed(expiry), nowMs)}</small>
          </a>
        ))}
      </nav>
      <div class="panels">
        {of.smiles.map((smile) => <SmilePanel key={smile.root} of={of} smile={smile} />)}
        <TermPanel of={of} />
        <HistoryPanel of={of} />
        <Positions of={of} />
        <Surface of={of} />
      </div>
    </Page>
  );
}

function parsed(expiry: string): NonNullable<ReturnType<typeof parseIsoDate>> {
  const date = parseIsoDate(expiry);
  if (!date) throw new Error(`${expiry} is no day`);
  return date;
}

function Facts({ of: { atmIv, skew, asOf, ivRank, allPositions } }: { of: VolatilityAnswer }) {
  const when = asOf === null ? "" : `of the read of ${dateTimeText(Date.parse(asOf))} New York`;
  return (
    <dl class="facts">
      <Fact name="at the money, 30 days" title={`between the expiries around 30 days, ${when}`}>
        {atmIv === null ? "no clean volatility" : percent(atmIv)}
      </Fact>
      <Fact
        name="skew, 30 days"
        title={`IV of the 25-delta put less that of the 25-delta call, ${when}`}
      >
        {skew === null ? "not known" : percent(skew)}
      </Fact>
      <Fact
        name={ivRank ? `IV rank, ${countOf(ivRank.days, "day")} kept` : "IV rank"}
        title={ivRank
          ? `at-the-money IV between the lowest, ${percent(ivRank.lowest)}, and the highest, ` +
            `${percent(ivRank.highest)}, since ${ivRank.firstDay}`
          : "a rank needs the volatility of two days"}
      >
        {ivRank ? countText(ivRank.rank) : "needs two days"}
      </Fact>
      <Fact name="percentile" title="of the earlier days, those on which it was lower">
        {ivRank ? `${countText(ivRank.percentile)} %` : "needs two days"}
      </Fact>
      <Fact name="put/call, volume" title="puts by calls, all expiries, without adjusted contracts">
        {ratioText(allPositions.volumeRatio)}
      </Fact>
      <Fact
        name="put/call, open int."
        title="puts by calls, all expiries, without adjusted contracts"
      >
        {ratioText(allPositions.openInterestRatio)}
      </Fact>
    </dl>
  );
}

function ratioText(ratio: number | null): string {
  return ratio === null ? "no calls" : priceText(Math.round(ratio * 100) / 100);
}

function SmilePanel(
  { of, smile }: { of: VolatilityAnswer; smile: VolatilityAnswer["smiles"][number] },
) {
  const { points, leftOut, root, expiry } = smile;
  const name = `${root} ${dateText(parsed(expiry))}`;
  const out = leftOut.map(({ count, words }) => `${countText(count)} ${words}`).join("; ");
  return (
    <section class="panel">
      <h2>{`Smile, ${name}`}</h2>
      {points.length < 2 ? <p>Fewer than two clean volatilities are known here.</p> : (
        <LineChart
          words={`Implied volatility of ${name} by strike`}
          lines={[{
            name: "IV at",
            look: "a",
            points: points.map((point) => [point.strike, point.impliedVol]),
          }]}
          xText={strikeText}
          yText={percent}
          mark={of.spotPrice === null ? undefined : { x: of.spotPrice, words: "spot" }}
        />
      )}
      {of.spotPrice === null
        ? (
          <p>
            Without a price of the underlying there is no telling which side is out of the money.
          </p>
        )
        : (
          <p>
            {`IB's implied volatility of puts below the spot and calls from it on: ${
              countOf(points.length, "point")
            } used, `}
            {out === "" ? "none left out." : `left out: ${out}.`}
          </p>
        )}
      <Numbers
        heads={["strike", "side", "IV", "seen, New York"]}
        rows={points.map((point) => [
          strikeText(point.strike),
          point.right === "C" ? "call" : "put",
          exactly(point.impliedVol),
          dateTimeText(Date.parse(point.seenAt)),
        ])}
      />
    </section>
  );
}

function TermPanel({ of: { termStructure, ticker } }: { of: VolatilityAnswer }) {
  return (
    <section class="panel">
      <h2>Term structure</h2>
      {termStructure.length < 2
        ? <p>Fewer than two expiries have a clean volatility at the money.</p>
        : (
          <LineChart
            words={`At-the-money volatility of ${ticker} by days to expiry`}
            lines={[{
              name: "days:",
              look: "a",
              points: termStructure.map(({ days, atmIv }) => [days, atmIv]),
            }]}
            xText={(days) => `${countText(days)} d`}
            yText={percent}
          />
        )}
      <p>At the money of each expiry, between the clean calls and puts around the spot.</p>
      <Numbers
        heads={["expiry", "days", "at the money", "skew"]}
        rows={termStructure.map(({ expiry, days, atmIv, skew }) => [
          dateText(parsed(expiry)),
          countText(Math.round(days)),
          exactly(atmIv),
          skewText(skew),
        ])}
      />
    </section>
  );
}

function HistoryPanel({ of: { history, ticker } }: { of: VolatilityAnswer }) {
  const at = (day: string): number => Date.parse(day);
  const skews = history.flatMap(({ day, skew }) => skew === null ? [] : [[at(day), skew] as const]);
  return (
    <section class="panel">
      <h2>History</h2>
      {history.length < 2
        ? <p>One day is not yet a history: the line begins with the second.</p>
        : (
          <LineChart
            words={`At-the-money volatility and skew of ${ticker} by day`}
            lines={[
              {
                name: "IV on",
                look: "a",
                points: history.map(({ day, atmIv }) => [at(day), atmIv]),
              },
              { name: "skew on", look: "b", points: skews },
            ]}
            xTicks={monthsOf(history.map(({ day }) => day))}
            xText={(ms) => dateText(parsed(new Date(ms).toISOString().slice(0, 10)))}
            yText={percent}
          />
        )}
      <p>The last of each day, for 30 days: at the money (line), and skew (dashes).</p>
      <Numbers
        heads={["day", "at the money", "skew"]}
        rows={history.toReversed().map(({ day, atmIv, skew }) => [
          dateText(parsed(day)),
          exactly(atmIv),
          skewText(skew),
        ])}
      />
    </section>
  );
}

/** Some days to name on an axis: at most seven, evenly. */
function monthsOf(days: readonly string[]): number[] {
  const step = Math.ceil(days.length / 7);
  return days.filter((_, at) => at % step === 0).map((day) => Date.parse(day));
}
