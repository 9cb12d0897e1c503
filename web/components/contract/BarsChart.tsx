/** IB's daily bars of the contract, asked for only when a reader wants them: IB paces them. */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { BarsAnswer } from "../../../options/wire/bars.ts";
import { readBars } from "../../client/history_data.ts";
import { countOf } from "../format.ts";
import { Plot } from "./Plot.tsx";

type Bars =
  | { readonly kind: "none" }
  | { readonly kind: "asked" }
  | { readonly kind: "read"; readonly answer: BarsAnswer }
  | { readonly kind: "failed"; readonly why: string };

/** The button, and the chart once it was pressed. */
export function BarsChart({ occ }: { occ: string }): VNode {
  const [bars, setBars] = useState<Bars>({ kind: "none" });
  async function read(): Promise<void> {
    setBars({ kind: "asked" });
    try {
      setBars({ kind: "read", answer: await readBars(occ, AbortSignal.timeout(120_000)) });
    } catch (error) {
      setBars({ kind: "failed", why: error instanceof Error ? error.message : String(error) });
    }
  }
  return (
    <div class="bars">
      <button type="button" onClick={() => void read()} disabled={bars.kind === "asked"}>
        IB’s daily bars of a year
      </button>{" "}
      <span class="muted" role="status">{textOf(bars)}</span>
      {bars.kind === "read" && bars.answer.bars.length > 0 ? <BarsPlot of={bars.answer} /> : null}
    </div>
  );
}

function textOf(bars: Bars): string {
  switch (bars.kind) {
    case "none":
      return "";
    case "asked":
      return "Asked an agent; IB takes seconds …";
    case "failed":
      return `They could not be read. ${bars.why}`;
    case "read": {
      const { bars: all, reason, source } = bars.answer;
      const from = source === "agent" ? "an agent, just now" : "the database";
      return `${countOf(all.length, "bar")} from ${from}.${reason === null ? "" : ` ${reason}`}`;
    }
  }
}

function BarsPlot({ of: { bars, from, to } }: { of: BarsAnswer }) {
  return (
    <Plot
      name="IB's bars of trades: high and low (band), close"
      atS={bars.map(({ at }) => Date.parse(at) / 1_000)}
      lines={[
        { name: "high", values: bars.map(({ high }) => high), look: "edge" },
        { name: "low", values: bars.map(({ low }) => low), look: "edge" },
        { name: "close", values: bars.map(({ close }) => close), look: "ink" },
      ]}
      height={260}
      range={{ fromMs: Date.parse(from), toMs: Date.parse(to) }}
      hasBand
    />
  );
}
