/** Problems that several routes of the API answer with. */
import { type Problem, problem, problemResponse } from "../../../base/problem.ts";

/** The answer for a problem, with the headers that its status asks for. */
export function answerProblem(found: Problem): Response {
  if (found.status === 401) {
    return problemResponse(found, { "WWW-Authenticate": 'Bearer realm="lastmark"' });
  }
  const retryAfter = found["retryAfter"];
  return problemResponse(
    found,
    typeof retryAfter === "number" ? { "Retry-After": String(retryAfter) } : {},
  );
}

/** 404: a ticker that is neither a deal nor watched. */
export function unknownTicker(ticker: string): Problem {
  return problem(404, "unknown-ticker", `Ticker ${ticker} is not followed`, {
    detail: `${ticker} is neither a deal nor watched: deno task watch add ${ticker}.`,
    ticker,
  });
}

const NOTHING_KNOWN =
  "No recent price data available. Please run the Price Agent with IB TWS connected.";

/** 503: of a ticker that is followed, nothing was ever known. */
export function nothingKnown(ticker: string): Problem {
  return problem(503, "no-prices-yet", NOTHING_KNOWN, { requiresAgent: true, ticker });
}
