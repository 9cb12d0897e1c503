/** The day's course as a small line: what is seen at a glance, and in words for who does not see it. */
import type { VNode } from "preact";
import { priceText } from "./format.ts";

const WIDTH = 90;
const HEIGHT = 22;
const EDGE = 2;
/** Minutes of a session, and of index options' a quarter of an hour more. */
const SESSION_MINUTES = 405;

/** A line over the session; nothing where fewer than two points are known. */
export function Course(
  { points }: { points: readonly (readonly [minute: number, spot: number])[] },
): VNode {
  if (points.length < 2) return <span class="muted">–</span>;
  const spots = points.map(([, spot]) => spot);
  const low = Math.min(...spots);
  const high = Math.max(...spots);
  const x = (minute: number): string => (WIDTH * Math.min(1, minute / SESSION_MINUTES)).toFixed(1);
  const y = (spot: number): string => {
    const share = high === low ? 0.5 : (spot - low) / (high - low);
    return (EDGE + (1 - share) * (HEIGHT - 2 * EDGE)).toFixed(1);
  };
  const path = points.map(([minute, spot], at) => `${at === 0 ? "M" : "L"}${x(minute)} ${y(spot)}`);
  const words = `between ${priceText(low)} and ${priceText(high)} today`;
  return (
    <svg class="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={words}>
      <path d={path.join("")} />
    </svg>
  );
}
