/**
 * Whether a request was made by a page of this site: what protects cookies from other sites' pages,
 * beside SameSite. A browser says on every POST and upgrade which site made it (Fetch, section 3.2).
 */

/**
 * Whether a request comes from a page of this very origin, or from no page at all: a script that
 * says neither is no browser, and holds no cookie that it was not given.
 *
 * @example
 * ```ts
 * import { isSameSite } from "./same_site.ts";
 * const of = (headers: HeadersInit) => isSameSite(new Headers({ host: "lm.example", ...headers }));
 * console.assert(of({ origin: "https://lm.example" }) && of({}));
 * console.assert(!of({ origin: "https://evil.example" }) && !of({ origin: "null" }));
 * console.assert(!of({ "sec-fetch-site": "cross-site" }));
 * ```
 */
export function isSameSite(headers: Headers): boolean {
  const origin = headers.get("origin");
  if (origin !== null) return URL.parse(origin)?.host === headers.get("host");
  const site = headers.get("sec-fetch-site");
  return site === null || site === "same-origin" || site === "none";
}
