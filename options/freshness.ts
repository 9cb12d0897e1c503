/**
 * How old a price may be called what (design, "Age, kind, reason"). The class goes by the age of
 * what is shown; a delayed price is 15 minutes older than it looks and never live.
 */
import type { MarketDataKind } from "./quote.ts";

/** How fresh a price is. */
export type Freshness = "live" | "recent" | "stale" | "cached";

/** Ages in milliseconds from which on a price is no longer of the class. */
export const FRESHNESS_LIMIT_MS = {
  live: 5 * 60_000,
  recent: 30 * 60_000,
  stale: 24 * 3_600_000,
} as const;

/** How far behind the market delayed kinds are. */
export const DELAY_MS = 15 * 60_000;

/** How a class looks: never by colour alone, so that it survives grayscale and print. */
export interface FreshnessLook {
  readonly word: Freshness;
  readonly shape: "full" | "half" | "ring" | "dotted";
  readonly colour: "green" | "yellow" | "orange" | "gray";
}

/** The look of each class. */
export const FRESHNESS_LOOKS: Readonly<Record<Freshness, FreshnessLook>> = {
  live: { word: "live", shape: "full", colour: "green" },
  recent: { word: "recent", shape: "half", colour: "yellow" },
  stale: { word: "stale", shape: "ring", colour: "orange" },
  cached: { word: "cached", shape: "dotted", colour: "gray" },
};

/** Whether a kind is 15 minutes behind the market. */
export function isDelayed(kind: MarketDataKind | null): boolean {
  return kind === "delayed" || kind === "delayed_frozen";
}

/** The age that counts: for delayed kinds 15 minutes more than the time since it was received. */
export function effectiveAgeMs(ageMs: number, kind: MarketDataKind | null): number {
  return isDelayed(kind) ? ageMs + DELAY_MS : ageMs;
}

/**
 * The class of a price of an age and kind.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { freshnessOf } from "./freshness.ts";
 * assert(freshnessOf(12_000, "realtime") === "live");
 * assert(freshnessOf(12_000, "delayed") === "recent");
 * ```
 */
export function freshnessOf(ageMs: number, kind: MarketDataKind | null): Freshness {
  const age = effectiveAgeMs(ageMs, kind);
  if (age < FRESHNESS_LIMIT_MS.live) return "live";
  if (age < FRESHNESS_LIMIT_MS.recent) return "recent";
  return age < FRESHNESS_LIMIT_MS.stale ? "stale" : "cached";
}

/**
 * An age for people, in its largest whole unit: `12 s`, `6 min`, `3 h`, `2 d`. A negative age
 * (clocks differ a little) is `0 s`.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { ageText } from "./freshness.ts";
 * assert(ageText(372_000) === "6 min");
 * ```
 */
export function ageText(ageMs: number): string {
  const seconds = Math.max(0, Math.floor(ageMs / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}
