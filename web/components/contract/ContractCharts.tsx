/**
 * The charts of a contract's history: bid–ask band with last, volatility, open interest, volume, and
 * IB's own bars beside. They are drawn by uPlot, which is loaded when the page is there; a range is
 * chosen by button, by dragging over a chart, or by keyboard.
 */
import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { OccSymbol } from "../../../options/contract.ts";
import { type HistoryColumns, readHistory } from "../../client/history_data.ts";
import { countOf, dateTimeText } from "../format.ts";
import { BarsChart } from "./BarsChart.tsx";
import { Plot, type PlotLine } from "./Plot.tsx";
import {
  type ChartRange,
  longer,
  nearer,
  type RangeName,
  rangeOf,
  RANGES,
  shifted,
  stepOf,
} from "./ranges.ts";

/** What the charts are of; a new `version` says that there is news. */
export interface ContractChartsProps {
  readonly occ: OccSymbol;
  readonly nowMs: () => number;
  readonly version: number;
}

type Loaded =
  | { readonly kind: "loading"; readonly rows: number }
  | { readonly kind: "read"; readonly columns: HistoryColumns; readonly range: ChartRange }
  | { readonly kind: "failed"; readonly why: string };

/** News have the history read again so much later at the soonest: prices come more often than reads. */
const READ_AGAIN_MS = 15_000;

/** The charts and how to move in them. */
export function ContractCharts({ occ, nowMs, version }: ContractChartsProps): VNode {
  // By name where it ends with now, which moves.
  const [chosen, setRange] = useState<RangeName | ChartRange>("week");
  const [loaded, setLoaded] = useState<Loaded>({ kind: "loading", rows: 0 });
  const newest = useLater(version, READ_AGAIN_MS);
  const isToNow = typeof chosen === "string";
  const rangeNow = (): ChartRange => isToNow ? rangeOf(chosen, nowMs()) : chosen;

  useEffect(() => {
    const range = rangeNow();
    const aborting = new AbortController();
    const progress = (rows: number): void =>
      setLoaded((known) => known.kind === "read" ? known : { kind: "loading", rows });
    readHistory(occ, range, stepOf(range), aborting.signal, progress)
      .then((columns) => setLoaded({ kind: "read", columns, range }))
      .catch((error: unknown) => {
        if (aborting.signal.aborted) return;
        const why = error instanceof Error ? error.message : String(error);
        setLoaded({ kind: "failed", why });
      });
    return () => aborting.abort();
  }, [occ, chosen, isToNow ? newest : 0]);

  const here = rangeNow();
  const zoom = (fromMs: number, toMs: number): void => setRange({ fromMs, toMs });
  return (
    <div class="charts">
      <div class="tools" role="group" aria-label="Range of the charts">
        {RANGES.map(({ name, words }) => (
          <button
            key={name}
            type="button"
            onClick={() => setRange(name)}
          >
            {words}
          </button>
        ))}
        <button type="button" onClick={() => setRange(shifted(here, -0.5))}>Earlier</button>
        <button type="button" onClick={() => setRange(shifted(here, 0.5))}>Later</button>
        <button type="button" onClick={() => setRange(nearer(here))}>Nearer</button>
        <button type="button" onClick={() => setRange(longer(here))}>Longer</button>
      </div>
      <p class="muted" role="status">{statusText(loaded)}</p>
      {loaded.kind === "read"
        ? <HistoryPlots columns={loaded.columns} range={loaded.range} onZoom={zoom} />
        : <div class="plot-room"></div>}
      <BarsChart occ={occ} />
    </div>
  );
}

/** A value that follows another one so much later, once for all changes until then. */
function useLater(value: number, ms: number): number {
  const [later, setLater] = useState(value);
  const newest = useRef(value);
  newest.current = value;
  const isDue = value !== later;
  useEffect(() => {
    if (!isDue) return;
    const timer = setTimeout(() => setLater(newest.current), ms);
    return () => clearTimeout(timer);
  }, [isDue]);
  return later;
}

function statusText(loaded: Loaded): string {
  switch (loaded.kind) {
    case "loading":
      return loaded.rows === 0 ? "Reading the history …" : `Read ${countOf(loaded.rows, "row")} …`;
    case "failed":
      return `The history could not be read. ${loaded.why}`;
    case "read": {
      const { range: { fromMs, toMs }, columns: { atS, late } } = loaded;
      const rows = atS.length === 0 ? "no read" : countOf(atS.length, "read");
      const came = late === 0 ? "" : `, ${late} of them came late`;
      return `${dateTimeText(fromMs)} to ${dateTimeText(toMs)} New York: ${rows}${came}. ` +
        "Drag over a chart to zoom.";
    }
  }
}

interface HistoryPlotsProps {
  readonly columns: HistoryColumns;
  readonly range: ChartRange;
  readonly onZoom: (fromMs: number, toMs: number) => void;
}

function HistoryPlots({ columns, range, onZoom }: HistoryPlotsProps) {
  const plot = (name: string, lines: readonly PlotLine[], height: number, hasBand = false) => (
    <Plot
      name={name}
      atS={columns.atS}
      lines={lines}
      height={height}
      range={range}
      hasBand={hasBand}
      onZoom={onZoom}
    />
  );
  return (
    <>
      {plot(
        "bid, ask and last",
        [
          { name: "ask", values: columns.ask, look: "edge" },
          { name: "bid", values: columns.bid, look: "edge" },
          { name: "last", values: columns.last, look: "ink" },
        ],
        260,
        HAS_BAND,
      )}
      {plot("implied volatility, %", [{ name: "IV %", values: columns.iv, look: "accent" }], 150)}
      {plot("open interest", [
        { name: "open interest", values: columns.openInterest, look: "accent" },
      ], 120)}
      {plot("volume of the day", [{ name: "volume", values: columns.volume, look: "accent" }], 120)}
    </>
  );
}

const HAS_BAND = true;
