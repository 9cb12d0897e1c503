/**
 * Chance without state: a value is a function of the seed and of what it is for, so that a market
 * at a given moment is the same in every process that has the seed.
 */

/** A whole number of 32 bits mixed from others (the finalizer of MurmurHash3 on each). */
export function mix(seed: number, ...parts: readonly number[]): number {
  let hash = seed | 0;
  for (const part of parts) {
    // Numbers beyond 32 bits (times) count with both halves.
    hash = scramble(hash ^ (part | 0));
    hash = scramble(hash ^ Math.floor(part / 4_294_967_296));
  }
  return hash >>> 0;
}

/** A number from 0 up to 1. */
export function chance(seed: number, ...parts: readonly number[]): number {
  return mix(seed, ...parts) / 4_294_967_296;
}

/** A text as a whole number of 32 bits (FNV-1a, then scrambled). */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return scramble(hash) >>> 0;
}

function scramble(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) + 0x9e3779b9 | 0;
}
