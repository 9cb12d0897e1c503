/** The list of tickers, `/`. */
import type { Context } from "hono";
import { htmlResponse, Page } from "../components/Page.tsx";
import TickersView from "../islands/TickersView.tsx";
import { rowOf } from "../live/answers.ts";
import type { AppEnv, Services } from "../services.ts";

/** Answers `/`. */
export async function handler(_c: Context<AppEnv>, services: Services): Promise<Response> {
  const { chains, clock } = services;
  const nowMs = clock.nowMs();
  const rows = (await chains.all()).map((known) => rowOf(known, nowMs));
  return htmlResponse(
    <Page title="Tickers" here="tickers" island="TickersView">
      <h1>Tickers</h1>
      <TickersView nowMs={nowMs} rows={rows} />
    </Page>,
  );
}
