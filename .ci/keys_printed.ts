/** Finds agents' keys in what was printed: a key must never be in a log. */
import { isWellFormedKey } from "../db/keys.ts";

/**
 * The lines of a text that hold a key, without the key. Only a text with a right checksum is one,
 * so that made-up examples do not count.
 *
 * @example
 * ```ts
 * import { keyText } from "../db/keys.ts";
 * import { linesWithKeys } from "./keys_printed.ts";
 * const key = keyText(new Uint8Array(20));
 * console.assert(linesWithKeys(`one\ntwo ${key}!`).join() === "two lm_agent_…!");
 * ```
 */
export function linesWithKeys(text: string): string[] {
  return text.split("\n").flatMap((line) => {
    const without = line.replaceAll(
      /lm_agent_[0-9a-z]{40}/g,
      (found) => isWellFormedKey(found) ? "lm_agent_…" : found,
    );
    return without === line ? [] : [without];
  });
}
