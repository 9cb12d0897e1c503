/**
 * Lines and dots over two axes, as SVG that the server draws: it needs no script, prints, and takes
 * its colours from the page. The numbers themselves stand beside it in a table.
 */
import type { VNode } from "preact";
import { axisOf } from "./scale.ts";

/** One line of a chart. */
export interface Line {
  readonly name: string;
  /** Which of the chart's looks: `a`, `b` (`static/charts.css`). */
  readonly look: "a" | "b";
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** What a chart shows. */
export interface LineChartProps {
  /** What it shows, for who does not see it. */
  readonly words: string;
  readonly lines: readonly Line[];
  readonly xText: (x: number) => string;
  readonly yText: (y: number) => string;
  /** Places of their own on the x axis instead of round ones. */
  readonly xTicks?: readonly number[];
  /** A mark across the chart: the spot. */
  readonly mark?: { readonly x: number; readonly words: string } | undefined;
}

const WIDTH = 640;
const HEIGHT = 260;
const LEFT = 46;
const RIGHT = 10;
const TOP = 14;
const BOTTOM = 24;

/** The chart. */
export function LineChart(props: LineChartProps): VNode {
  const { words, lines, xText, yText, mark } = props;
  const all = lines.flatMap(({ points }) => points);
  const xAxis = axisOf([...all.map(([x]) => x), ...(mark ? [mark.x] : [])], 8);
  const yAxis = axisOf(all.map(([, y]) => y), 5);
  const x = (value: number): number => LEFT + xAxis.share(value) * (WIDTH - LEFT - RIGHT);
  const y = (value: number): number =>
    HEIGHT - BOTTOM - yAxis.share(value) * (HEIGHT - TOP - BOTTOM);
  const xTicks = props.xTicks ?? xAxis.ticks;
  return (
    <svg class="chart" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={words}>
      {yAxis.ticks.map((tick) => (
        <g key={tick} class="tick">
          <line x1={LEFT} x2={WIDTH - RIGHT} y1={y(tick)} y2={y(tick)} />
          <text x={LEFT - 6} y={y(tick) + 4} text-anchor="end">{yText(tick)}</text>
        </g>
      ))}
      {xTicks.map((tick) => (
        <text key={tick} class="tick" x={x(tick)} y={HEIGHT - 6} text-anchor="middle">
          {xText(tick)}
        </text>
      ))}
      {mark
        ? (
          <g class="mark">
            <line x1={x(mark.x)} x2={x(mark.x)} y1={TOP} y2={HEIGHT - BOTTOM} />
            <text x={x(mark.x)} y={TOP - 3} text-anchor="middle">{mark.words}</text>
          </g>
        )
        : null}
      {lines.map(({ name, look, points }) => (
        <g key={name} class={`line-${look}`}>
          <path
            d={points.map(([px, py], at) =>
              `${at === 0 ? "M" : "L"}${fixed(x(px))} ${fixed(y(py))}`
            ).join("")}
          />
          {points.length > DOTS_UP_TO
            ? null
            : points.map(([px, py]) => (
              <circle key={px} cx={fixed(x(px))} cy={fixed(y(py))} r="2.5">
                <title>{`${name} ${xText(px)}: ${yText(py)}`}</title>
              </circle>
            ))}
        </g>
      ))}
    </svg>
  );
}

/** With more points dots would hide the line. */
const DOTS_UP_TO = 120;

function fixed(place: number): string {
  return place.toFixed(1);
}
