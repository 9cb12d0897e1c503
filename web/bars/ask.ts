/** Has an agent read bars: it posts them itself, before it says that it is done. */
import { parseOcc } from "../../options/contract.ts";
import type { AgentDesk } from "../session/desk.ts";
import type { BarsAsked, BarsWish } from "./desk.ts";

/** IB answers a month of hours within seconds; what is paced takes longer. */
const DEADLINE_MS = 60_000;

/** Asks. */
export async function askForBars(
  agents: Pick<AgentDesk, "ask">,
  { series, spans }: BarsWish,
): Promise<BarsAsked> {
  const { instrument, what, bar, rth } = series;
  // Bars start and end at whole milliseconds, whatever was asked.
  const whole = spans.map(({ fromMs, toMs }) => ({
    fromMs: Math.floor(fromMs),
    toMs: Math.ceil(toMs),
  }));
  const outcome = await agents.ask({
    kind: "bars",
    subject: JSON.stringify([series, whole]),
    ticker: parseOcc(instrument)?.root ?? instrument,
    request: { kind: "bars", instrument, what, bar, rth, spans: whole },
    until: "ended",
    deadlineMs: DEADLINE_MS,
  });
  switch (outcome.kind) {
    case "done":
    case "first":
      return { kind: "done" };
    case "failed":
      return { kind: "failed", message: outcome.result.message };
    case "no_agent":
      return { kind: "no_agent" };
    case "timeout":
      return { kind: "timeout", message: outcome.sentence };
  }
}
