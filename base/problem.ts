/**
 * Problem details (RFC 9457): the one form in which the API says what is wrong.
 */

/** The media type of a problem (RFC 9457, section 3). */
export const PROBLEM_MEDIA_TYPE = "application/problem+json";

/** One field that was refused, by its path in the request body. */
export interface FieldProblem {
  readonly path: string;
  readonly message: string;
}

/** At most this many fields are listed in one problem (design, "The ingest call"). */
export const MAX_FIELD_PROBLEMS = 20;

/**
 * What an error answer carries. `error` is the sentence that the first version of this product
 * answered with; clients in the field match on it.
 */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly error: string;
  readonly errors?: readonly FieldProblem[];
  readonly [extension: string]: unknown;
}

/**
 * Builds a problem. `slug` names the kind of problem and becomes its `type`, a URI reference.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { problem } from "./problem.ts";
 * const p = problem(404, "unknown-ticker", "Ticker is not watched", { ticker: "XYZ" });
 * assert(p.type === "/problems/unknown-ticker");
 * ```
 */
export function problem(
  status: number,
  slug: string,
  error: string,
  extensions: Readonly<Record<string, unknown>> = {},
): Problem {
  return { type: `/problems/${slug}`, title: error, status, error, ...extensions };
}

/**
 * The HTTP answer for a problem.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { problem, problemResponse } from "./problem.ts";
 * const response = problemResponse(problem(401, "no-key", "API key required"));
 * assert(response.status === 401);
 * ```
 */
export function problemResponse(body: Problem, headers: HeadersInit = {}): Response {
  const all = new Headers(headers);
  all.set("content-type", PROBLEM_MEDIA_TYPE);
  return new Response(JSON.stringify(body), { status: body.status, headers: all });
}
