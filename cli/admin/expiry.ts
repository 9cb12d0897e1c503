/** Spans of time and ends of validity, as the administration commands take them. */
import { InvalidArgumentError } from "commander";
import { parseIsoDate } from "../../options/contract.ts";

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** The longest span that is taken: 100 years. */
const MOST_MS = 100 * 366 * UNIT_MS.d;

/**
 * A span of time such as `90d`, `24h`, `30m` or `45s`, in ms.
 *
 * @example
 * ```ts
 * import { span } from "./expiry.ts";
 * console.assert(span("24h") === 86_400_000 && span("0s") === 0);
 * ```
 */
export function span(text: string): number {
  const ms = spanMs(text);
  if (ms !== undefined) return ms;
  throw new InvalidArgumentError("Allowed: a span of time such as 30m, 24h or 90d.");
}

/**
 * When something expires: after a span of time, or at the beginning of a day (UTC); always in the
 * future. `nowMs` is real time.
 *
 * @example
 * ```ts
 * import { expiry } from "./expiry.ts";
 * const at = expiry(Date.UTC(2026, 0, 1));
 * console.assert(at("90d") === Date.UTC(2026, 3, 1));
 * console.assert(at("2027-01-31") === Date.UTC(2027, 0, 31));
 * ```
 */
export function expiry(nowMs: number): (text: string) => number {
  return (text) => {
    const ms = spanMs(text);
    const day = parseIsoDate(text);
    const at = ms !== undefined ? nowMs + ms : day && Date.parse(day);
    if (at !== undefined && at > nowMs && at <= nowMs + MOST_MS) return at;
    throw new InvalidArgumentError(
      "Allowed: a span of time such as 24h or 90d, or a day to come such as 2027-01-31.",
    );
  };
}

function spanMs(text: string): number | undefined {
  const match = /^(\d{1,10})([smhd])$/.exec(text);
  // The pattern leaves no other letter.
  const ms = Number(match?.[1]) * UNIT_MS[match?.[2] as keyof typeof UNIT_MS];
  return ms <= MOST_MS ? ms : undefined;
}
