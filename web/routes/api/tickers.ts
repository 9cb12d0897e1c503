/** `GET /api/tickers`: the tickers that are followed, each with its state. */
import { allRows } from "../../live/answers.ts";
import type { Operation } from "../../openapi/operation.ts";
import type { RequestContext, Services } from "../../services.ts";

/** The description of the call. */
export const listTickersApi: Operation = {
  tag: "chains",
  summary: "Every ticker that is followed",
  answers: { 200: { description: "A row for each.", body: "Tickers" } },
};

/** One row a ticker, in order of its symbol. */
export async function listTickers(
  c: RequestContext,
  services: Services,
): Promise<Response> {
  return c.json({ tickers: await allRows(services) });
}
