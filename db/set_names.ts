/**
 * The contracts of a rewritten batch in a tenth of the space of their symbols: for each expiry and
 * right the symbol without its strike, and the strikes as steps in thousandths, as the column
 * `strikes` of `contract_sets` has it; SQL reads it by `set_occ()`.
 *
 *     EA261218C 190000 5000 5000,EA261218P 190000 10000
 */
import type { OccSymbol } from "../options/contract.ts";

/** Digits of a strike, which end a symbol. */
const STRIKE = 8;

/**
 * Symbols in ascending order as steps of their strikes.
 *
 * @example
 * ```ts
 * import { namesOf, stepsOf } from "./set_names.ts";
 * const names = namesOf("EA261218C00190000,EA261218C00195000");
 * console.assert(stepsOf(names) === "EA261218C 190000 5000");
 * ```
 */
export function stepsOf(occ: readonly OccSymbol[]): string {
  let text = "";
  let prefix = "";
  let last = 0;
  for (const symbol of occ) {
    const strike = Number(symbol.slice(-STRIKE));
    if (symbol.slice(0, -STRIKE) !== prefix) {
      prefix = symbol.slice(0, -STRIKE);
      text += `${text && ","}${prefix}`;
      last = 0;
    }
    text += ` ${strike - last}`;
    last = strike;
  }
  return text;
}

/** The symbols of a stored set: of {@link stepsOf}, or themselves with commas between. */
export function namesOf(text: string): OccSymbol[] {
  // Only checked symbols are stored.
  if (!text.includes(" ")) return text.split(",") as OccSymbol[];
  return text.split(",").flatMap((list) => {
    const [prefix = "", ...steps] = list.split(" ");
    let strike = 0;
    return steps.map((step) => {
      strike += Number(step);
      // As above.
      return prefix + String(strike).padStart(STRIKE, "0") as OccSymbol;
    });
  });
}
