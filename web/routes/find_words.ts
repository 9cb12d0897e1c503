/** What the words behind a ticker say of a contract: strike, right, month, day, year. */
import type { Contract, Right } from "../../options/contract.ts";

/** What is wanted of a contract; what was not said is `undefined`. */
export interface Wanted {
  readonly strike?: number;
  readonly right?: Right;
  /** Parts of the expiry, `YYYY-MM-DD`, that must be in it. */
  readonly year?: string;
  readonly month?: string;
  readonly day?: string;
}

const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");

/**
 * Reads words: `210`, `C`, `put`, `Jan`, `16jan26`, `2026-01-16`; a number before a month is its
 * day, one after it a year.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { readWords } from "./find_words.ts";
 * assert.deepEqual(readWords(["210", "C", "Jan", "27"]), { strike: 210, right: "C", month: "01", year: "2027" });
 * assert.deepEqual(readWords(["16", "jan", "26", "210"]), { day: "16", month: "01", year: "2026", strike: 210 });
 * ```
 */
export function readWords(words: readonly string[]): Wanted {
  const split = words.flatMap((word) =>
    /^\d{4}-\d\d-\d\d$/.test(word) ? [word] : word.match(/\d+(?:\.\d+)?|[a-z]+/gi) ?? []
  );
  let wanted: Wanted = {};
  for (const [at, word] of split.entries()) {
    const date = /^(\d{4})-(\d\d)-(\d\d)$/.exec(word);
    if (date) {
      const [, year = "", month = "", day = ""] = date;
      wanted = { ...wanted, year, month, day };
    } else if (/^[a-z]/i.test(word)) wanted = { ...wanted, ...readLetters(word) };
    else if (monthOf(split[at + 1]) && /^\d{1,2}$/.test(word)) {
      wanted = { ...wanted, day: word.padStart(2, "0") };
    } else if (monthOf(split[at - 1]) && /^(\d\d|20\d\d)$/.test(word)) {
      wanted = { ...wanted, year: word.length === 2 ? `20${word}` : word };
    } else wanted = { ...wanted, strike: Number(word) };
  }
  return wanted;
}

function readLetters(word: string): Wanted {
  if (/^(c|calls?)$/i.test(word)) return { right: "C" };
  if (/^(p|puts?)$/i.test(word)) return { right: "P" };
  const month = monthOf(word);
  return month === undefined ? {} : { month };
}

function monthOf(word: string | undefined): string | undefined {
  const at = MONTHS.indexOf(word?.slice(0, 3).toLowerCase() ?? "");
  return at < 0 ? undefined : String(at + 1).padStart(2, "0");
}

/** Whether a contract is what is wanted. */
export function matches({ strike, right, expiry }: Contract, wanted: Wanted): boolean {
  const [year, month, day] = expiry.split("-");
  return (wanted.strike === undefined || wanted.strike === strike) &&
    (wanted.right === undefined || wanted.right === right) &&
    (wanted.year === undefined || wanted.year === year) &&
    (wanted.month === undefined || wanted.month === month) &&
    (wanted.day === undefined || wanted.day === day);
}
