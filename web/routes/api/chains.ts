/** `GET /api/chains/{ticker}`: the last-known chain. */
import { parseTicker } from "../../../options/contract.ts";
import { answerOf } from "../../live/answers.ts";
import type { RequestContext, Services } from "../../services.ts";
import { answerProblem, nothingKnown, unknownTicker } from "./problems.ts";

/**
 * The chain as it is known; 503 where nothing was ever known. Its ETag changes with the position
 * and with the minute, since ages are part of the answer.
 */
export async function getChain(c: RequestContext, { chains, clock }: Services): Promise<Response> {
  const text = c.req.param("ticker") ?? "";
  const ticker = parseTicker(text);
  const known = ticker && await chains.get(ticker);
  if (!known) return answerProblem(unknownTicker(ticker ?? text));
  if (known.chain.contracts.size === 0) return answerProblem(nothingKnown(known.ticker));
  const nowMs = clock.nowMs();
  const etag = `W/"${known.chain.seq}-${Math.floor(nowMs / 60_000)}"`;
  c.header("ETag", etag);
  c.header("Cache-Control", "no-cache");
  if (isNamed(etag, c.req.header("if-none-match"))) return c.body(null, 304);
  return c.json(answerOf(known, nowMs));
}

/** Whether an `If-None-Match` names the tag, by weak comparison (RFC 9110, section 13.1.2). */
function isNamed(etag: string, header: string | undefined): boolean {
  const opaque = (tag: string): string => tag.trim().replace(/^W\//, "");
  return (header ?? "").split(",").some((tag) =>
    tag.trim() === "*" || opaque(tag) === opaque(etag)
  );
}
