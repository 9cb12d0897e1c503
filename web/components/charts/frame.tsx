/** What every chart has: its place, two axes with round ticks, and a mark across it. */
import type { ComponentChildren, VNode } from "preact";
import type { Axis } from "./scale.ts";

const WIDTH = 640;
const HEIGHT = 260;
const LEFT = 70;
const RIGHT = 10;
const TOP = 14;
const BOTTOM = 24;

/** A line across a chart with its words: the spot. */
export interface ChartMark {
  readonly x: number;
  readonly words: string;
}

/** The places of values on a chart. */
export interface Places {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
  /** From the first to the last place of the x axis. */
  readonly width: number;
}

/** The places of two axes; `edge` keeps what is wide from the ends of the x axis. */
export function placesOf(xAxis: Axis, yAxis: Axis, edge = 0): Places {
  const width = WIDTH - LEFT - RIGHT - 2 * edge;
  return {
    x: (value) => LEFT + edge + xAxis.share(value) * width,
    y: (value) => HEIGHT - BOTTOM - yAxis.share(value) * (HEIGHT - TOP - BOTTOM),
    width,
  };
}

/** What the frame shows. */
export interface ChartFrameProps {
  /** What the chart shows, for who does not see it. */
  readonly words: string;
  readonly places: Places;
  readonly xTicks: readonly number[];
  readonly yTicks: readonly number[];
  readonly xText: (x: number) => string;
  readonly yText: (y: number) => string;
  readonly mark?: ChartMark | undefined;
  readonly children: ComponentChildren;
}

/** The frame around what a chart draws. */
export function ChartFrame(props: ChartFrameProps): VNode {
  const { places: { x, y }, xText, yText, mark } = props;
  return (
    <svg class="chart" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={props.words}>
      {props.yTicks.map((tick) => (
        <g key={tick} class="tick">
          <line x1={LEFT} x2={WIDTH - RIGHT} y1={y(tick)} y2={y(tick)} />
          <text x={LEFT - 6} y={y(tick) + 4} text-anchor="end">{yText(tick)}</text>
        </g>
      ))}
      {props.xTicks.map((tick) => (
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
      {props.children}
    </svg>
  );
}

/** A place as an attribute: to a tenth. */
export function placeText(place: number): string {
  return place.toFixed(1);
}
