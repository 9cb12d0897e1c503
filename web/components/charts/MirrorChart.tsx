/** Bars of calls above and of puts below one line, by strike. */
import type { VNode } from "preact";
import { ChartFrame, type ChartMark, placesOf, placeText } from "./frame.tsx";
import { axisOf } from "./scale.ts";

/** One strike's bars. */
export interface MirrorBar {
  readonly x: number;
  readonly up: number;
  readonly down: number;
}

/** What a chart shows. */
export interface MirrorChartProps {
  /** What it shows, for who does not see it. */
  readonly words: string;
  readonly bars: readonly MirrorBar[];
  readonly upWords: string;
  readonly downWords: string;
  readonly xText: (x: number) => string;
  readonly yText: (y: number) => string;
  readonly mark?: ChartMark | undefined;
}

/** Half of the widest bar. */
const EDGE = 8;
const WIDEST = 12;

/** The chart. */
export function MirrorChart(props: MirrorChartProps): VNode {
  const { words, bars, upWords, downWords, xText, yText, mark } = props;
  const xAxis = axisOf([...bars.map(({ x }) => x), ...(mark ? [mark.x] : [])], 8);
  const most = Math.max(1, ...bars.map(({ up, down }) => Math.max(up, down)));
  const yAxis = axisOf([-most, most], 5);
  const places = placesOf(xAxis, yAxis, EDGE);
  const { x, y } = places;
  const width = Math.max(1, Math.min(WIDEST, 0.7 * places.width / Math.max(1, bars.length)));
  const bar = (look: "bar-up" | "bar-down", at: number, from: number, to: number) => (
    <rect
      class={look}
      x={placeText(x(at) - width / 2)}
      width={placeText(width)}
      y={placeText(y(from))}
      height={placeText(y(to) - y(from))}
    />
  );
  return (
    <ChartFrame
      words={words}
      places={places}
      xTicks={xAxis.ticks}
      yTicks={yAxis.ticks}
      xText={xText}
      yText={(value) => yText(Math.abs(value))}
      mark={mark}
    >
      {bars.map((one) => (
        <g key={one.x}>
          <title>
            {`${xText(one.x)}: ${upWords} ${yText(one.up)}, ${downWords} ${yText(one.down)}`}
          </title>
          {bar("bar-up", one.x, one.up, 0)}
          {bar("bar-down", one.x, 0, -one.down)}
        </g>
      ))}
      <text class="tick" x={x(xAxis.from)} y={y(yAxis.to) + 10}>{upWords}</text>
      <text class="tick" x={x(xAxis.from)} y={y(yAxis.from) - 4}>{downWords}</text>
    </ChartFrame>
  );
}
