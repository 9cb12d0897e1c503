/**
 * The page to come back to after a form: an address of this site, and no other.
 *
 * @example
 * ```ts
 * import { backOf } from "./back.ts";
 * console.assert(backOf("/chains/EA?expiry=all") === "/chains/EA?expiry=all");
 * console.assert(backOf("//evil.example/x") === "/" && backOf("https://evil.example") === "/");
 * ```
 */
export function backOf(value: FormDataEntryValue | null): string {
  if (typeof value !== "string" || value.length > 2_000) return "/";
  // Of another host, in whatever way it is written, the origin is another.
  const url = URL.parse(value, "http://here.invalid");
  return url?.origin === "http://here.invalid" ? url.pathname + url.search : "/";
}
