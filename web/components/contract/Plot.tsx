/** One chart by uPlot: lines over time in the page's colours, that can be zoomed by dragging. */
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type uPlot from "uplot";

/** One line. */
export interface PlotLine {
  readonly name: string;
  readonly values: readonly (number | null)[];
  readonly look: "ink" | "accent" | "edge";
}

/** What a chart shows. */
export interface PlotProps {
  readonly name: string;
  readonly atS: readonly number[];
  readonly lines: readonly PlotLine[];
  readonly height: number;
  readonly range: { readonly fromMs: number; readonly toMs: number };
  /** Whether what is between the first two lines is filled. */
  readonly hasBand?: boolean;
  readonly onZoom?: (fromMs: number, toMs: number) => void;
}

const COLOURS = { ink: "--ink", accent: "--accent", edge: "--ink-3" } as const;

/** The chart. */
export function Plot(props: PlotProps): VNode {
  const place = useRef<HTMLDivElement>(null);
  // What the chart's own listeners call is that of the newest drawing.
  const newest = useRef(props);
  newest.current = props;
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    let plot: uPlot | undefined;
    let isGone = false;
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const draw = async (): Promise<void> => {
      const { default: UPlot } = await import("uplot");
      if (isGone) return;
      plot?.destroy();
      plot = new UPlot(optionsOf(element, newest), dataOf(newest.current), element);
    };
    const resize = new ResizeObserver(() => {
      plot?.setSize({ width: element.clientWidth, height: newest.current.height });
    });
    void draw();
    const redraw = (): void => void draw();
    dark.addEventListener("change", redraw);
    resize.observe(element);
    return () => {
      isGone = true;
      dark.removeEventListener("change", redraw);
      resize.disconnect();
      plot?.destroy();
    };
  }, [props.atS]);
  return (
    <figure class="plot">
      <figcaption>{props.name}</figcaption>
      <div ref={place} class={`plot-room h${props.height}`}></div>
    </figure>
  );
}

function dataOf({ atS, lines }: PlotProps): uPlot.AlignedData {
  return [[...atS], ...lines.map(({ values }) => [...values])];
}

function optionsOf(element: HTMLElement, newest: { readonly current: PlotProps }): uPlot.Options {
  const { lines, height, hasBand = false, range } = newest.current;
  const colour = (name: string): string => colourOf(element, name);
  const axis = {
    stroke: colour("--ink-2"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
  };
  return {
    width: element.clientWidth,
    height,
    // Times by New York's clock, as everywhere on the page.
    tzDate: (atS) => newYorkDateOf(atS * 1_000),
    scales: { x: { range: () => [range.fromMs / 1_000, range.toMs / 1_000] } },
    axes: [axis, { ...axis, size: 64 }],
    ...(hasBand ? { bands: [{ series: [1, 2], fill: colour("--sunk") }] } : {}),
    series: [
      {},
      ...lines.map(({ name, look }): uPlot.Series => ({
        label: name,
        stroke: colour(COLOURS[look]),
        width: look === "edge" ? 1 : 1.5,
        spanGaps: false,
        points: { show: lines[0] !== undefined && lines[0].values.length < 60, size: 4 },
      })),
    ],
    cursor: { drag: { x: true, y: false, setScale: false } },
    hooks: {
      setSelect: [(plot) => {
        if (plot.select.width < 4) return;
        const at = (px: number): number => plot.posToVal(px, "x") * 1_000;
        newest.current.onZoom?.(at(plot.select.left), at(plot.select.left + plot.select.width));
      }],
    },
  };
}

/** A colour of the page as the canvas takes it: `light-dark()` is worked out. */
function colourOf(element: HTMLElement, name: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** A date whose own fields read as New York's clock does. */
function newYorkDateOf(ms: number): Date {
  return new Date(new Date(ms).toLocaleString("en-US", { timeZone: "America/New_York" }));
}
