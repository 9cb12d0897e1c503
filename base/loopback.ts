/** What does not leave this machine. */

/**
 * Whether a host, as a setting, a URL or a socket names it, is this machine: `localhost`,
 * 127.0.0.0/8 (also mapped into IPv6) or `::1` (also in a URL's brackets).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { isLoopback } from "./loopback.ts";
 * assert(isLoopback(new URL("http://[::1]:8000").hostname));
 * assert(!isLoopback("127.0.0.1.example.com"));
 * ```
 */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, "$1");
  return name === "localhost" || name === "::1" ||
    /^(?:::ffff:)?127(?:\.\d{1,3}){3}$/.test(name);
}
