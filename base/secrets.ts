/** What must not be printed, wherever it came from. */

const KEY = /lm_agent_[0-9a-z]{40}/g;

/**
 * A text without agents' keys: one may come as something else, as an agent's name or as a wrong
 * argument, and what was read is then told.
 *
 * @example
 * ```ts
 * import { withoutKeys } from "./secrets.ts";
 * const key = `lm_agent_${"0".repeat(40)}`;
 * console.assert(withoutKeys(`there is no key ${key}`) === "there is no key lm_agent_…");
 * ```
 */
export function withoutKeys(text: string): string {
  return text.replaceAll(KEY, "lm_agent_…");
}
