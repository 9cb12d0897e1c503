/**
 * What the two scripts for `@stoqey/ib` share; the counterpart of `../python/run.py`, which says
 * what a script prints.
 */
import type { Contract, ContractDetails } from "@stoqey/ib";
import { strict as assert } from "node:assert";
import { parseArgs } from "node:util";

/** "Connection is OK" of the market data, historical data and security definition farms. */
export const NOTICES: readonly number[] = [2104, 2106, 2158];
/** For any one answer; a snapshot alone takes about eleven seconds. */
export const PATIENCE_MS = 30_000;
export const STREAMED = 20;
export const GENERICS_OF_UNDERLYING = "100,101,104,106";
export const GENERICS_OF_OPTION = "101";
export const BARS = ["TRADES", "MIDPOINT", "BID_ASK"] as const;
export const SUMMARY_TAGS = "NetLiquidation,TotalCashValue,BuyingPower";

/** The library's bare flags of a market data request, by what they mean. */
export const STREAM = false;
export const SNAPSHOT = true;
export const FREE_OF_CHARGE = false;

export const QUOTE_FIELDS = [
  "bid",
  "ask",
  "last",
  "volume",
  "open_interest",
  "implied_vol",
  "delta",
] as const;
/** What was received of a quote so far. */
export type Quote = Partial<Record<(typeof QUOTE_FIELDS)[number], number>>;

/** The command line, equal to that of the Python scripts. */
export interface Arguments {
  readonly port: number;
  readonly clientId: number;
  readonly symbol: string;
  readonly secType: string;
  readonly exchange: string;
  readonly tradingClass: string;
  readonly days: number;
  readonly duration: string;
  readonly barSize: string;
  readonly closed: boolean;
  readonly generics: boolean;
}

export function readArguments(): Arguments {
  const text = { type: "string", default: "" } as const;
  const flag = { type: "boolean", default: false } as const;
  const { values } = parseArgs({
    options: {
      port: text,
      "client-id": text,
      symbol: text,
      "sec-type": text,
      exchange: text,
      "trading-class": text,
      days: text,
      duration: text,
      "bar-size": text,
      closed: flag,
      generics: flag,
    },
  });
  return {
    port: Number(values.port),
    clientId: Number(values["client-id"]),
    symbol: values.symbol,
    secType: values["sec-type"],
    exchange: values.exchange,
    tradingClass: values["trading-class"],
    days: Number(values.days),
    duration: values.duration,
    barSize: values["bar-size"],
    closed: values.closed,
    generics: values.generics,
  };
}

/** Prints one line of the script's report. */
export function say(line: unknown): void {
  console.log(JSON.stringify(line));
}

/** Everything that the client said was wrong. */
export const noise: string[] = [];

/** Runs one step and says what it got, or that it failed; a failure ends the script. */
export async function step(name: string, action: () => Promise<string>): Promise<void> {
  try {
    say({ step: name, got: await action() });
  } catch (error) {
    say({ step: name, failed: String(error), log: noise });
    Deno.exit(1);
  }
}

/** The last step: the client's own log. */
export async function finish(): Promise<never> {
  await step("log", () => {
    assert.deepEqual(noise, []);
    return Promise.resolve("not one error or warning");
  });
  Deno.exit(0);
}

/** Waits for something that listeners bring about; they call `changed()` after each event. */
export class Watch {
  readonly #waiting = new Set<() => void>();

  changed(): void {
    for (const look of [...this.#waiting]) look();
  }

  /** Resolves once `holds()`, rejects after {@link PATIENCE_MS}. */
  until(holds: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        clearTimeout(deadline);
        this.#waiting.delete(look);
        settle();
      };
      const look = (): void => {
        if (holds()) end(resolve);
      };
      const deadline = setTimeout(
        () => end(() => reject(new Error(`no ${what} in ${PATIENCE_MS} ms`))),
        PATIENCE_MS,
      );
      this.#waiting.add(look);
      look();
    });
  }
}

/** Rejects when the answer takes longer than {@link PATIENCE_MS}. */
export async function patiently<T>(answer: Promise<T>): Promise<T> {
  let deadline: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    deadline = setTimeout(() => reject(new Error(`no answer in ${PATIENCE_MS} ms`)), PATIENCE_MS);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(deadline);
  }
}

/** The first expiry (`YYYYMMDD`) at least so many days after the gateway's time. */
export function pickExpiry(nowS: number, expiries: readonly string[], days: number): string {
  const least = new Date((nowS + days * 86_400) * 1_000).toISOString().slice(0, 10).replaceAll(
    "-",
    "",
  );
  const expiry = expiries.filter((each) => each >= least).sort()[0];
  assert.ok(expiry, `no expiry from ${least} on among ${expiries.join()}`);
  return expiry;
}

/** An option of the chain, with everything that is needed to ask for it. */
export interface Option {
  readonly contract: Contract;
  readonly conId: number;
  readonly strike: number;
  readonly right: string;
  readonly localSymbol: string;
}

/** The details of one expiry: every contract once, and as the option parameters said. */
export function checkDetails(
  rows: readonly ContractDetails[],
  expiry: string,
  strikes: readonly number[],
): Option[] {
  assert.ok(rows.length >= STREAMED + 4, `only ${rows.length} contracts`);
  const options = rows.map(({ contract, minTick, underConId, timeZoneId }) => {
    const { conId, strike, right, localSymbol } = contract;
    const about = JSON.stringify(contract);
    assert.ok(conId && conId > 0 && strike && right && localSymbol, about);
    assert.equal(contract.lastTradeDateOrContractMonth, expiry, about);
    assert.ok(strikes.includes(strike), `${strike} is no strike of the option parameters`);
    assert.match(right, /^[CP]$/);
    assert.match(localSymbol, /^[A-Z0-9]{1,6} *\d{6}[CP]\d{8}$/);
    assert.equal(Number(contract.multiplier), 100, about);
    assert.ok(minTick && minTick > 0 && underConId && underConId > 0 && timeZoneId, about);
    return { contract, conId, strike, right, localSymbol };
  });
  assert.equal(new Set(options.map((option) => option.conId)).size, rows.length);
  assert.equal(new Set(options.map((option) => option.localSymbol)).size, rows.length);
  return options;
}

/** The options nearest to the money, calls and puts: those to stream, and four more. */
export function nearest(
  options: readonly Option[],
  spot: number,
): { readonly chosen: Option[]; readonly others: Option[] } {
  const key = ({ strike, right }: Option): [number, number, string] => [
    Math.abs(strike - spot),
    strike,
    right,
  ];
  const ranked = [...options].sort((a, b) => {
    const [x, y] = [key(a), key(b)];
    return x[0] - y[0] || x[1] - y[1] || x[2].localeCompare(y[2]);
  });
  return { chosen: ranked.slice(0, STREAMED), others: ranked.slice(STREAMED, STREAMED + 4) };
}

/** The OCC symbol without blanks. */
export function occ(option: Option): string {
  return option.localSymbol.replaceAll(" ", "");
}

/** Whether a quote has everything. */
export function isWhole(quote: Quote): boolean {
  return QUOTE_FIELDS.every((field) => quote[field] !== undefined);
}

/** A bar's prices. */
export interface Prices {
  readonly open?: number | undefined;
  readonly high?: number | undefined;
  readonly low?: number | undefined;
  readonly close?: number | undefined;
}

/** Bars whose prices fit one another. */
export function checkBars(bars: readonly Prices[]): string {
  assert.ok(bars.length > 0, "no bars");
  for (const bar of bars) {
    const { open = NaN, high = NaN, low = NaN, close = NaN } = bar;
    const fits = low > 0 && high >= Math.max(open, close) && low <= Math.min(open, close);
    assert.ok(fits, `a bar does not fit: ${JSON.stringify(bar)}`);
  }
  return `${bars.length} bars, last close ${bars.at(-1)?.close}`;
}

/** What follows on asking for a market data type. */
export interface Kind {
  readonly asked: number;
  readonly expected: number;
  readonly wanted: readonly (keyof Quote)[];
}

/** An open market has nothing frozen; a closed one shows bid and ask only as frozen. */
export function kinds(closed: boolean): Kind[] {
  const quote = ["bid", "ask"] as const;
  return [1, 2, 3, 4].map((asked) => {
    const frozen = asked % 2 === 0;
    if (!closed) return { asked, expected: frozen ? asked - 1 : asked, wanted: quote };
    return { asked, expected: asked, wanted: frozen ? quote : ["last"] };
  });
}
