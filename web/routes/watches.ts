/** `POST /watches` and `/watches/remove`: the forms of the list of tickers. */
import { addWatch, removeWatch } from "../../db/watches.ts";
import { parseTicker } from "../../options/contract.ts";
import { inTime } from "../database.ts";
import type { RequestContext, Services } from "../services.ts";
import { errorPage } from "./_error.tsx";

/** Watches a ticker, and shows its chain. */
export async function postWatch(c: RequestContext, services: Services): Promise<Response> {
  const text = (await c.req.formData()).get("ticker");
  const ticker = typeof text === "string" ? parseTicker(text.trim()) : undefined;
  if (!ticker) {
    const read = typeof text === "string" ? text.slice(0, 40) : "";
    return await errorPage(c, services, {
      status: 400,
      title: "No such ticker",
      detail: `“${read}” names no ticker: letters and digits, like AAPL or BRK-B.`,
    });
  }
  await inTime(services.clock, addWatch(services.database.quick, ticker));
  return c.redirect(`/chains/${encodeURIComponent(ticker)}`, 303);
}

/** Watches a ticker no longer; what is known of it stays. */
export async function removeWatched(c: RequestContext, services: Services): Promise<Response> {
  const text = (await c.req.formData()).get("ticker");
  const ticker = typeof text === "string" ? parseTicker(text) : undefined;
  if (ticker) await inTime(services.clock, removeWatch(services.database.quick, ticker));
  return c.redirect("/", 303);
}
