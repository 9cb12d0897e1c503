/** Rounds in which all that is compared takes its turn, so that a noisy machine is noisy for all. */

/** One of the things that are compared. */
export interface Contender {
  readonly name: string;
  /** Measures it once; the unit is the same for all that are compared. */
  readonly measure: () => Promise<number>;
}

/** What each contender was measured at, by round. */
export type Measured = ReadonlyMap<string, readonly number[]>;

/** How often, and who is told. */
export interface RoundOptions {
  readonly rounds: number;
  readonly signal: AbortSignal;
  /** Is run before each measurement. */
  readonly before?: () => Promise<void>;
  readonly say: (what: string) => void;
}

/** Measures all contenders in each round, every other round in the opposite order. */
export async function interleave(
  contenders: readonly Contender[],
  { rounds, signal, before, say }: RoundOptions,
): Promise<Measured> {
  const measured = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const { name, measure } of round % 2 === 0 ? contenders : contenders.toReversed()) {
      signal.throwIfAborted();
      await before?.();
      const value = await measure();
      measured.get(name)?.push(value);
      say(`round ${round + 1} of ${rounds}: ${name} ${plain(value)}`);
    }
  }
  return measured;
}

/** The quotient of two contenders in each round. */
export function ratioOf(measured: Measured, over: string, under: string): number[] {
  const below = measured.get(under) ?? [];
  return (measured.get(over) ?? []).map((value, round) => value / (below[round] ?? NaN));
}

/**
 * The middle of some values; of an even number the mean of the middle two.
 *
 * @example
 * ```ts
 * import { median } from "./rounds.ts";
 * console.assert(median([3, 1, 2]) === 2 && median([1, 2]) === 1.5);
 * ```
 */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const high = sorted[sorted.length >> 1] ?? NaN;
  return sorted.length % 2 === 1 ? high : ((sorted[(sorted.length >> 1) - 1] ?? NaN) + high) / 2;
}

/** A number as people read it: three digits that say something. */
export function plain(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en");
  return value.toPrecision(Math.abs(value) >= 1 ? 3 : 2);
}
