/** `POST /chains/{ticker}/fetch`: the button of the chain page where no script runs. */
import { parseTicker } from "../../../options/contract.ts";
import type { RequestContext, Services } from "../../services.ts";
import { errorPage } from "../_error.tsx";
import { askForRead } from "../api/read_chain.ts";

/** Has an agent read the chain, then shows it; or says why not. */
export async function postFetch(c: RequestContext, services: Services): Promise<Response> {
  const ticker = parseTicker(c.req.param("ticker") ?? "");
  const known = ticker && await services.chains.get(ticker);
  if (!ticker || !known) return c.notFound();
  const address = `/chains/${encodeURIComponent(ticker)}`;
  const { outcome, sentence } = await askForRead(services, ticker);
  if (outcome === "first") return c.redirect(address, 303);
  return await errorPage(c, services, {
    status: 503,
    title: `${ticker} was not read`,
    detail: `${sentence} What was known before is still at ${address}.`,
  });
}
