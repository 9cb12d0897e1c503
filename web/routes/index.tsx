/** The list of tickers, `/`, `/?sort=change`. */
import type { Context } from "hono";
import { mayAct } from "../auth/roles.ts";
import { htmlResponse, Page } from "../components/Page.tsx";
import { readSort } from "../components/sorting.ts";
import TickersView from "../islands/TickersView.tsx";
import { allRows } from "../live/answers.ts";
import type { AppEnv, Services } from "../services.ts";

/** Answers `/`. */
export async function handler(c: Context<AppEnv>, services: Services): Promise<Response> {
  const rows = await allRows(services);
  return htmlResponse(
    <Page title="Tickers" here="tickers" island="TickersView">
      <h1>Tickers</h1>
      <TickersView
        nowMs={services.clock.nowMs()}
        rows={rows}
        sort={readSort(c.req.query("sort"))}
        mayWatch={mayAct(c, services, "trader")}
        filter={(c.req.query("filter") ?? "").slice(0, 40)}
      />
    </Page>,
    { request: c.req.raw, services, user: c.get("visitor")?.user.email },
  );
}
