/** Bars of calls above and of puts below one line, by strike. */
import type { VNode } from "preact";
import { axisOf } from "./scale.ts";

/** One strike's bars. */
export interface MirrorBar {
  readonly x: number;
  readonly up: number;
  readonly down: number;
}

/** What a chart shows. */
export interface MirrorChartProps {
  readonly words: string;
  readonly bars: readonly MirrorBar[];
  readonly upWords: string;
  readonly downWords: string;
  readonly xText: (x: number) => string;
  readonly yText: (y: number) => string;
  readonly mark?: { readonly x: number; readonly words: string } | undefined;
}

const WIDTH = 640;
const HEIGHT = 260;
const LEFT = 70;
const RIGHT = 10;
const TOP = 14;
const BOTTOM = 24;

/** The chart. */
export function MirrorChart(props: MirrorChartProps): VNode {
  const { words, bars, upWords, downWords, xText, yText, mark } = props;
  const xAxis = axisOf([...bars.map(({ x }) => x), ...(mark ? [mark.x] : [])], 8);
  const most = Math.max(1, ...bars.map(({ up, down }) => Math.max(up, down)));
  const yAxis = axisOf([-most, most], 5);
  const edge = 8;
  const x = (value: number): number =>
    LEFT + edge + xAxis.share(value) * (WIDTH - LEFT - RIGHT - 2 * edge);
  const y = (value: number): number =>
    HEIGHT - BOTTOM - yAxis.share(value) * (HEIGHT - TOP - BOTTOM);
  const width = Math.max(1, Math.min(12, 0.7 * (WIDTH - LEFT - RIGHT) / Math.max(1, bars.length)));
  return (
    <svg class="chart" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={words}>
      {yAxis.ticks.map((tick) => (
        <g key={tick} class="tick">
          <line x1={LEFT} x2={WIDTH - RIGHT} y1={y(tick)} y2={y(tick)} />
          <text x={LEFT - 6} y={y(tick) + 4} text-anchor="end">{yText(Math.abs(tick))}</text>
        </g>
      ))}
      {xAxis.ticks.map((tick) => (
        <text key={tick} class="tick" x={x(tick)} y={HEIGHT - 6} text-anchor="middle">
          {xText(tick)}
        </text>
      ))}
      {bars.map((bar) => (
        <g key={bar.x}>
          <title>
            {`${xText(bar.x)}: ${upWords} ${yText(bar.up)}, ${downWords} ${yText(bar.down)}`}
          </title>
          <rect
            class="bar-up"
            x={(x(bar.x) - width / 2).toFixed(1)}
            width={width.toFixed(1)}
            y={y(bar.up).toFixed(1)}
            height={(y(0) - y(bar.up)).toFixed(1)}
          />
          <rect
            class="bar-down"
            x={(x(bar.x) - width / 2).toFixed(1)}
            width={width.toFixed(1)}
            y={y(0).toFixed(1)}
            height={(y(-bar.down) - y(0)).toFixed(1)}
          />
        </g>
      ))}
      {mark
        ? (
          <g class="mark">
            <line x1={x(mark.x)} x2={x(mark.x)} y1={TOP} y2={HEIGHT - BOTTOM} />
            <text x={x(mark.x)} y={TOP - 3} text-anchor="middle">{mark.words}</text>
          </g>
        )
        : null}
      <text class="tick" x={LEFT + 4} y={TOP + 10}>{upWords}</text>
      <text class="tick" x={LEFT + 4} y={HEIGHT - BOTTOM - 4}>{downWords}</text>
    </svg>
  );
}
