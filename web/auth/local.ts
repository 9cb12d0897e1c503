/**
 * Without sign-in (`--no-auth`) a user is whoever sits at this machine: users' routes are open to it
 * and closed elsewhere. Three ways around that are closed too: a request that a proxy passes on, a
 * foreign name that resolves to 127.0.0.1 (DNS rebinding), and another site's page in the same
 * browser.
 */
import { isLoopback } from "../../base/loopback.ts";

/** What decides whether a request comes from this machine. */
export interface Origin {
  /** The address of the peer, as the socket has it. */
  readonly peer: string;
  readonly headers: Headers;
}

const SAY_HOW =
  "This server runs without sign-in (--no-auth), so it answers only to this machine itself, at http://127.0.0.1 or http://localhost.";

/**
 * Why a request for a user's route is refused; `undefined` where it is let through.
 *
 * @example
 * ```ts
 * import { refusalOf } from "./local.ts";
 * const headers = new Headers({ host: "localhost:8000" });
 * console.assert(refusalOf({ peer: "127.0.0.1", headers }) === undefined);
 * console.assert(refusalOf({ peer: "192.0.2.7", headers })?.includes("192.0.2.7"));
 * ```
 */
export function refusalOf(origin: Origin): string | undefined {
  const { peer, headers } = origin;
  if (!isLoopback(peer)) return `The request came from ${peer}. ${SAY_HOW}`;
  if (headers.has("forwarded") || headers.has("x-forwarded-for")) {
    return `The request was passed on by a proxy. ${SAY_HOW}`;
  }
  const host = hostnameOf(headers.get("host") ?? "");
  if (!isLoopbackName(host)) return `The request named the host "${host}". ${SAY_HOW}`;
  const site = headers.get("origin");
  if (site !== null && URL.parse(site)?.host !== headers.get("host")) {
    return `The request was made by a page of ${site}. ${SAY_HOW}`;
  }
  return undefined;
}

function hostnameOf(host: string): string {
  return URL.parse(`http://${host}`)?.hostname ?? host;
}

function isLoopbackName(hostname: string): boolean {
  return isLoopback(hostname) || hostname.endsWith(".localhost");
}
