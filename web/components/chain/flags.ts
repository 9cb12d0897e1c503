/** The mark of a quote that is not to be used as it stands: one sign a row, its words beside it. */
import {
  flagsOf,
  QUALITY_WORDS,
  type QualityBits,
  type QualityFlag,
} from "../../../options/quality_flags.ts";

/** The flags that have a mark, the graver first, with what a legend says of it. What is only none now is told by its cells. */
const MARKS: readonly (readonly [QualityFlag, mark: string, legend: string])[] = [
  ["adjusted", "A", "adjusted: delivers something else"],
  ["pre_split", "S", "of before a split"],
  ["crossed", "×", "crossed"],
  ["locked", "=", "locked"],
  ["above_maximum", "↑", "bid above the most it can be worth"],
  ["below_intrinsic", "↓", "ask below intrinsic"],
  ["two_reads", "≠", "bid and ask of different reads"],
  ["iv_extreme", "σ", "made-up volatility"],
  ["iv_placeholder", "σ", "made-up volatility"],
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
export const MARK_WORDS: ReadonlyMap<string, string> = new Map(
  MARKS.map(([, mark, legend]) => [mark, legend]),
);
