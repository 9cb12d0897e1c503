/**
 * Lines and dots over two axes, as SVG that the server draws: it needs no script, prints, and takes
 * its colours from the page. The numbers themselves stand beside it in a table.
 */
import type { VNode } from "preact";
import { ChartFrame, type ChartMark, placesOf, placeText } from "./frame.tsx";
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
  readonly mark?: ChartMark | undefined;
}

/** With more points dots would hide the line. */
const DOTS_UP_TO = 120;

/** The chart. */
export function LineChart({ words, lines, xText, yText, xTicks, mark }: LineChartProps): VNode {
  const all = lines.flatMap(({ points }) => points);
  const xAxis = axisOf([...all.map(([x]) => x), ...(mark ? [mark.x] : [])], 8);
  const yAxis = axisOf(all.map(([, y]) => y), 5);
  const places = placesOf(xAxis, yAxis);
  const at = ([x, y]: readonly [number, number]): [string, string] => [
    placeText(places.x(x)),
    placeText(places.y(y)),
  ];
  return (
    <ChartFrame
      words={words}
      places={places}
      xTicks={xTicks ?? xAxis.ticks}
      yTicks={yAxis.ticks}
      xText={xText}
      yText={yText}
      mark={mark}
    >
      {lines.map(({ name, look, points }) => (
        <g key={name} class={`line-${look}`}>
          <path d={points.map((one, n) => `${n === 0 ? "M" : "L"}${at(one).join(" ")}`).join("")} />
          {points.length > DOTS_UP_TO
            ? null
            : points.map((one) => (
              <circle key={one[0]} cx={at(one)[0]} cy={at(one)[1]} r="2.5">
                <title>{`${name} ${xText(one[0])}: ${yText(one[1])}`}</title>
              </circle>
            ))}
        </g>
      ))}
    </ChartFrame>
  );
}
