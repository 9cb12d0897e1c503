/** How urgent a read is. */

/** Who wants it: a page that waits, the agent's own tickers of deals, or those only watched. */
export type ReadPriority = "page" | "lease" | "watch";

const URGENCY: Readonly<Record<ReadPriority, number>> = { page: 2, lease: 1, watch: 0 };

/**
 * A priority as a number: the more urgent, the greater.
 *
 * @example
 * ```ts
 * import { urgencyOf } from "./priority.ts";
 * console.assert(urgencyOf("page") > urgencyOf("watch"));
 * ```
 */
export function urgencyOf(priority: ReadPriority): number {
  return URGENCY[priority];
}
