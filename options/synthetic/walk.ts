/**
 * A walk that can be asked for any moment: a sum of smooth noises whose periods halve from about a month down
 * to about two seconds. Over spans between those two its steps are those of a Brownian motion; over
 * longer spans it comes back, so that prices stay near the strikes that are listed.
 */
import { chance } from "./random.ts";

const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;
const LONGEST_MS = 32 * DAY_MS;
const OCTAVES = 21;
/** Fitted so that steps of 1 to 60 minutes have the variance of the clock. */
const AMPLITUDE = 0.457;

/**
 * A walk's value at a time, in units of one year's standard deviation: its steps over `t` years
 * have a standard deviation of about √t.
 */
export function walkAt(seed: number, atMs: number): number {
  let sum = 0;
  let periodMs = LONGEST_MS;
  for (let octave = 0; octave < OCTAVES; octave++) {
    sum += Math.sqrt(periodMs / YEAR_MS) * smoothNoise(seed + octave * 7919, atMs / periodMs);
    periodMs /= 2;
  }
  return AMPLITUDE * sum;
}

/** Noise of variance 1 at whole numbers, joined smoothly between. */
export function smoothNoise(seed: number, at: number): number {
  const before = Math.floor(at);
  const part = at - before;
  const weight = part * part * (3 - 2 * part);
  return uniform(seed, before) * (1 - weight) + uniform(seed, before + 1) * weight;
}

function uniform(seed: number, index: number): number {
  return (chance(seed, index) - 0.5) * Math.sqrt(12);
}
