/** The mark of a quote that is not to be used as it stands: one sign a row, its words beside it. */
import {
  flagsOf,
  QUALITY_WORDS,
  type QualityBits,
  type QualityFlag,
} from "../../../options/quality_flags.ts";

/** The flags that have a mark, the graver first. What is only none now is told by its cells. */
const MARKS: readonly (readonly [QualityFlag, string])[] = [
  ["adjusted", "A"],
  ["pre_split", "S"],
  ["crossed", "×"],
  ["locked", "="],
  ["above_maximum", "↑"],
  ["below_intrinsic", "↓"],
  ["two_reads", "≠"],
  ["iv_extreme", "σ"],
  ["iv_placeholder", "σ"],
];

/** A mark and all that is wrong. */
export interface FlagMark {
  readonly mark: string;
  readonly words: string;
}

/** What to mark a contract's row with; `undefined` where nothing is wrong that its cells do not say. */
export function flagOf(quality: QualityBits): FlagMark | undefined {
  const flags = flagsOf(quality);
  const marked = MARKS.filter(([flag]) => flags.includes(flag));
  const first = marked[0];
  if (!first) return undefined;
  return { mark: first[1], words: marked.map(([flag]) => QUALITY_WORDS[flag]).join("; ") };
}

/** What each mark means, for a legend. */
export const MARK_WORDS: readonly (readonly [mark: string, words: string])[] = [
  ["A", "adjusted: delivers something else"],
  ["S", "of before a split"],
  ["×", "crossed"],
  ["=", "locked"],
  ["↑", "bid above the most it can be worth"],
  ["↓", "ask below intrinsic"],
  ["≠", "bid and ask of different reads"],
  ["σ", "made-up volatility"],
];
