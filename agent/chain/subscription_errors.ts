/** What an error that answers a market-data request means for the contract. */
import type { ReasonCode } from "../../options/reasons.ts";

/** What to do about it. */
export type SubscriptionError =
  /** Advice; ticks still follow. */
  | { readonly kind: "note" }
  /** No line is free: ask again later, with a smaller window. */
  | { readonly kind: "no_line" }
  /** Live data is not subscribed; delayed data may be. */
  | { readonly kind: "not_subscribed" }
  /** The gateway may be wrong about it once. */
  | { readonly kind: "doubtful" }
  | { readonly kind: "refused"; readonly reason: ReasonCode | null };

/** 10090 and 10091: a part is not subscribed; 10167: delayed data is shown instead. */
const NOTES: ReadonlySet<number> = new Set([10090, 10091, 10167]);

/** 354 and 10168: not subscribed; 10089, 10186: needs an additional subscription. */
const NOT_SUBSCRIBED: ReadonlySet<number> = new Set([354, 10089, 10168, 10186]);

/**
 * Reads an error code.
 *
 * @example
 * ```ts
 * import { subscriptionError } from "./subscription_errors.ts";
 * console.assert(subscriptionError(101).kind === "no_line");
 * ```
 */
export function subscriptionError(code: number): SubscriptionError {
  // 2100 to 2199 are TWS's warnings about farms and accounts.
  if (NOTES.has(code) || (code >= 2100 && code < 2200)) return { kind: "note" };
  if (code === 101) return { kind: "no_line" };
  if (NOT_SUBSCRIBED.has(code)) return { kind: "not_subscribed" };
  // 200 comes for good contracts, too, while the security-definition farm is down.
  if (code === 200) return { kind: "doubtful" };
  return { kind: "refused", reason: code === 10197 ? "competing_session" : null };
}
