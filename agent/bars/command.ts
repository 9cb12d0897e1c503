/** `agent bars`: reads historical bars of a contract or an underlying, and prints them. */
import { type Command, InvalidArgumentError } from "commander";
import { setting } from "../../base/command.ts";
import {
  type Bar,
  BAR_KINDS,
  BAR_LENGTHS,
  type BarKind,
  type BarLength,
  barLengthMs,
  durationBeginMs,
  MAX_BARS,
  mostBarsOf,
} from "../../options/bars.ts";
import { newYorkDate } from "../../options/calendar.ts";
import { type OccSymbol, parseOcc, parseTicker, type Ticker } from "../../options/contract.ts";
import type { Log } from "../../telemetry/log.ts";
import type { DomainClock } from "../domain_clock.ts";
import { connectOnce, FetchFailed } from "../fetch.ts";
import { standardError } from "../progress.ts";
import type { GatewaySettings } from "../settings.ts";
import { BarPacing } from "./pacing.ts";
import { readBars } from "./read.ts";

const FORMS = ["table", "csv", "json"] as const;

/** Settings of `agent bars`, besides those of the gateway. */
export interface BarsSettings extends GatewaySettings {
  readonly what: BarKind;
  readonly bar: BarLength;
  readonly duration: string;
  readonly end?: number;
  readonly rth: boolean;
  readonly form: typeof FORMS[number];
}

/** Adds them. */
export function addBarsSettings(command: Command): Command {
  return command
    .argument(
      "<instrument>",
      "a contract's OCC symbol, or a ticker: EA260116C00210000, EA",
      instrument,
    )
    .addOption(setting({
      flags: "--what <kind>",
      help: BAR_KINDS.join(", "),
      parse: (text) => oneOfThem(BAR_KINDS, text.toUpperCase()),
      fallback: "MIDPOINT",
    }))
    .addOption(setting({
      flags: "--bar <length>",
      help: BAR_LENGTHS.join(", "),
      parse: (text) => oneOfThem(BAR_LENGTHS, text.toLowerCase()),
      fallback: "1h",
    }))
    .addOption(setting({
      flags: "--duration <length>",
      help: "3600S, 10D (trading days), 2W, 3M or 1Y, up to the end",
      parse: duration,
      fallback: "10D",
    }))
    .addOption(setting({
      flags: "--end <time>",
      help: "an ISO 8601 time with a zone (default: now)",
      parse: moment,
    }))
    .option("--no-rth", "bars outside regular trading hours, too")
    .addOption(setting({
      flags: "--form <form>",
      help: FORMS.join(", "),
      parse: (text) => oneOfThem(FORMS, text.toLowerCase()),
      fallback: "table",
    }));
}

/** What one run needs. */
export interface RunBarsOptions {
  readonly instrument: OccSymbol | Ticker;
  readonly settings: BarsSettings;
  readonly clock: DomainClock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Writes one line to standard output. */
  readonly print: (line: string) => void;
}

/** Reads and prints. Throws {@link FetchFailed} where there are none to read. */
export async function runBars(options: RunBarsOptions): Promise<void> {
  const { instrument, settings, clock, signal, print } = options;
  const { what, bar, rth } = settings;
  const series = { instrument, what, bar, rth };
  const toMs = settings.end ?? clock.nowMs();
  const span = { fromMs: durationBeginMs(settings.duration, toMs) ?? toMs, toMs };
  const most = mostBarsOf(span, series);
  if (most > MAX_BARS) {
    throw new FetchFailed(
      `${settings.duration} of ${bar} bars are about ${most}; at most ${MAX_BARS} are read at once. ` +
        "Shorten --duration or lengthen --bar.",
    );
  }
  const progress = standardError();
  const connection = await connectOnce(options);
  try {
    const outcome = await readBars(connection, {
      series,
      span,
      clock,
      signal,
      pacing: new BarPacing(),
      onProgress: ({ bars, share }) => {
        if (progress.terminal) {
          progress.write(`\r${instrument}: ${bars} bars, ${Math.round(100 * share)} %  `);
        }
      },
    });
    if (progress.terminal) progress.write("\r\x1b[K");
    if (outcome.kind === "refused") {
      const code = outcome.code === null ? "" : ` (error ${outcome.code})`;
      throw new FetchFailed(
        `The gateway gives no bars of ${instrument}${code}: ${outcome.message}`,
      );
    }
    for (const line of linesOf(outcome.bars, settings)) print(line);
  } finally {
    await connection.close();
  }
}

/** The lines that are printed. */
export function* linesOf(
  bars: readonly Bar[],
  { bar, form }: Pick<BarsSettings, "bar" | "form">,
): Generator<string> {
  const time = (ms: number): string =>
    barLengthMs(bar) < 86_400_000 ? new Date(ms).toISOString() : newYorkDate(ms);
  const values = (one: Bar) => [
    one.open,
    one.high,
    one.low,
    one.close,
    one.volume,
    one.wap,
    one.count,
  ];
  if (form === "json") {
    const rows = bars.map(({ startMs, ...rest }) => ({ start: time(startMs), ...rest }));
    yield JSON.stringify(rows, null, 2);
    return;
  }
  if (form === "csv") {
    yield ["start", ...COLUMNS].join(",");
    for (const one of bars) yield [time(one.startMs), ...values(one)].join(",");
    return;
  }
  if (bars.length === 0) {
    yield "No bars.";
    return;
  }
  yield "start".padEnd(25) + COLUMNS.map((name) => name.padStart(10)).join("");
  for (const one of bars) {
    const cells = values(one).map((value) => String(value ?? "").padStart(10));
    yield time(one.startMs).padEnd(25) + cells.join("");
  }
}

const COLUMNS = ["open", "high", "low", "close", "volume", "wap", "count"];

function oneOfThem<T extends string>(all: readonly T[], text: string): T {
  const found = all.find((one) => one === text);
  if (found === undefined) throw new InvalidArgumentError(`Allowed: ${all.join(", ")}.`);
  return found;
}

function instrument(text: string): OccSymbol | Ticker {
  const name = text.toUpperCase();
  const found = parseOcc(name)?.occ ?? parseTicker(name);
  if (!found) {
    throw new InvalidArgumentError(
      "Allowed: an OCC symbol such as EA260116C00210000, or a ticker.",
    );
  }
  return found;
}

function duration(text: string): string {
  if (durationBeginMs(text.toUpperCase(), Date.UTC(2026, 0, 1)) === undefined) {
    throw new InvalidArgumentError("Allowed: 3600S, 10D, 2W, 3M, 1Y, up to twenty years.");
  }
  return text.toUpperCase();
}

function moment(text: string): number {
  const ms = /T.*(Z|[+-]\d{2}:\d{2})$/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(ms)) {
    throw new InvalidArgumentError("Allowed: a time with a zone, such as 2026-07-15T20:00:00Z.");
  }
  return ms;
}
