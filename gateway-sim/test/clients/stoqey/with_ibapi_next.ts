/** `IBApiNext` of `@stoqey/ib`: promises and observables. */
import {
  type BarSizeSetting,
  ConnectionState,
  type Contract,
  IBApiNext,
  IBApiNextTickType,
  IBApiTickType,
  LogLevel,
  type MarketDataTicks,
  type MarketDataType,
  type SecType,
  type WhatToShow,
} from "@stoqey/ib";
import { strict as assert } from "node:assert";
import { filter, firstValueFrom, map, type Observable, throwError, timeout } from "rxjs";
import * as run from "./run.ts";

const args = run.readArguments();
const notices = new Set<number>();
const watch = new run.Watch();

// The type lacks the client ID, but without all four the library reads files and the environment.
const settings = {
  host: "127.0.0.1",
  port: args.port,
  clientId: args.clientId,
  maxReqPerSec: 40,
  logger: {
    debug: () => {},
    info: (tag: string, ...what: unknown[]) => {
      // TWS's messages are logged as "<text> - Code: <number>".
      const text = JSON.stringify(what);
      const code = Number(/ - Code: (-?\d+)/.exec(text)?.[1] ?? NaN);
      if (Number.isNaN(code)) return;
      if (run.NOTICES.includes(code)) notices.add(code);
      else run.noise.push(`info ${tag}: ${text}`);
      watch.changed();
    },
    warn: (tag: string, ...what: unknown[]) =>
      run.noise.push(`warning ${tag}: ${JSON.stringify(what)}`),
    error: (tag: string, ...what: unknown[]) =>
      run.noise.push(`error ${tag}: ${JSON.stringify(what)}`),
  },
};
const ib = new IBApiNext(settings);
ib.error.subscribe((error) =>
  run.noise.push(`error ${error.code} ${error.reqId}: ${error.message}`)
);

/** Subscribes until what was received is enough, then unsubscribes (which cancels the request). */
function until<T, R>(
  source: Observable<T>,
  enough: (value: T) => R | null,
  what: string,
): Promise<R> {
  return firstValueFrom(source.pipe(
    map(enough),
    filter((result) => result !== null),
    timeout({
      first: run.PATIENCE_MS,
      with: () => throwError(() => new Error(`no ${what} in ${run.PATIENCE_MS} ms`)),
    }),
  ));
}

function fields(ticks: MarketDataTicks): run.Quote {
  const first = (
    accept: (value: number) => boolean,
    ...types: readonly number[]
  ): number | undefined =>
    // The library's two enumerations of tick types share one map.
    types.map((type) => ticks.get(type as IBApiTickType)?.value)
      .find((value) => value !== undefined && accept(value));
  const isPrice = (value: number): boolean => value > 0;
  const any = Number.isFinite;
  const { MODEL_OPTION_IV, MODEL_OPTION_DELTA } = IBApiNextTickType;
  const { DELAYED_MODEL_OPTION_IV, DELAYED_MODEL_OPTION_DELTA } = IBApiNextTickType;
  const T = IBApiTickType;
  const found: Record<keyof run.Quote, number | undefined> = {
    bid: first(isPrice, T.BID, T.DELAYED_BID),
    ask: first(isPrice, T.ASK, T.DELAYED_ASK),
    last: first(isPrice, T.LAST, T.DELAYED_LAST),
    volume: first(any, T.VOLUME, T.DELAYED_VOLUME),
    // An option has the one of its own side, the other is 0.
    open_interest: first(isPrice, T.OPTION_CALL_OPEN_INTEREST, T.OPTION_PUT_OPEN_INTEREST),
    implied_vol: first(any, MODEL_OPTION_IV, DELAYED_MODEL_OPTION_IV),
    delta: first(any, MODEL_OPTION_DELTA, DELAYED_MODEL_OPTION_DELTA),
  };
  return JSON.parse(JSON.stringify(found));
}

let nowS = 0;
let under: Contract = {};
let underConId = 0;
let expiries: readonly string[] = [];
let strikes: readonly number[] = [];
let options: run.Option[] = [];
let chosen: run.Option[] = [];
let others: run.Option[] = [];
let spot = 0;
const secType = args.secType as SecType; // The command line names one of IB's security types.

await run.step("connect", async () => {
  ib.logLevel = LogLevel.DETAIL;
  ib.connect(args.clientId);
  await until(
    ib.connectionState,
    (state) => state === ConnectionState.Connected ? state : null,
    "connection",
  );
  await watch.until(() => run.NOTICES.every((code) => notices.has(code)), "notices");
  const accounts = await run.patiently(ib.getManagedAccounts());
  if (args.closed) ib.setMarketDataType(2);
  return `accounts ${accounts.join(", ")}`;
});
await run.step("current time", async () => {
  nowS = await run.patiently(ib.getCurrentTime());
  return String(nowS);
});
await run.step("underlying", async () => {
  const { symbol, exchange } = args;
  const found = await run.patiently(
    ib.getContractDetails({ symbol, secType, exchange, currency: "USD" }),
  );
  assert.equal(found.length, 1);
  under = found[0]?.contract ?? {};
  underConId = under.conId ?? 0;
  assert.ok(underConId > 0 && found[0]?.longName);
  return `conId ${underConId}, ${found[0].longName}`;
});
await run.step("option parameters", async () => {
  const found = await run.patiently(ib.getSecDefOptParams(args.symbol, "", secType, underConId));
  const [ours] = found.filter((row) =>
    row.exchange === "SMART" && row.tradingClass === args.tradingClass
  );
  assert.ok(ours, `no row of ${args.tradingClass} on SMART`);
  assert.equal(ours.underlyingConId, underConId);
  assert.equal(Number(ours.multiplier), 100);
  ({ expirations: expiries, strikes } = ours);
  return `${found.length} rows; ${args.tradingClass}: ${expiries.length} expiries, ${strikes.length} strikes`;
});
await run.step("contract details", async () => {
  const expiry = run.pickExpiry(nowS, expiries, args.days);
  const found = await run.patiently(ib.getContractDetails({
    symbol: args.symbol,
    secType: "OPT" as SecType,
    exchange: "SMART",
    currency: "USD",
    tradingClass: args.tradingClass,
    lastTradeDateOrContractMonth: expiry,
  }));
  options = run.checkDetails(found, expiry, strikes);
  return `${options.length} contracts of ${expiry}, such as ${options[0]?.localSymbol}`;
});
await run.step("stream the underlying", async () => {
  const T = IBApiTickType;
  const volatilities = [T.OPTION_HISTORICAL_VOL, T.OPTION_IMPLIED_VOL];
  const data = ib.getMarketData(under, run.GENERICS_OF_UNDERLYING, run.STREAM, run.FREE_OF_CHARGE);
  spot = await until(data, ({ all }) => {
    if (args.generics && !volatilities.every((type) => all.has(type))) return null;
    return fields(all).last ?? null;
  }, "price of the underlying");
  return `last ${spot}`;
});
await run.step("stream options", async () => {
  ({ chosen, others } = run.nearest(options, spot));
  const quotes: Record<string, run.Quote> = {};
  try {
    await Promise.all(chosen.map(async (option) => {
      const { contract } = option;
      const generics = run.GENERICS_OF_OPTION;
      const data = ib.getMarketData(contract, generics, run.STREAM, run.FREE_OF_CHARGE);
      await until(data, ({ all }) => {
        const quote = quotes[run.occ(option)] = fields(all);
        return run.isWhole(quote) ? quote : null;
      }, `whole quote of ${option.localSymbol}`);
    }));
  } finally {
    run.say({ quotes });
  }
  return `${chosen.length} options, each with ${run.QUOTE_FIELDS.join(", ")}`;
});
await run.step("snapshot", async () => {
  const contract = chosen[0]?.contract ?? {};
  const quote = fields(
    await run.patiently(ib.getMarketDataSnapshot(contract, "", run.FREE_OF_CHARGE)),
  );
  assert.ok(quote.bid !== undefined && quote.ask !== undefined, JSON.stringify(quote));
  return `${chosen[0]?.localSymbol}: ${JSON.stringify(quote)}`;
});
for (const what of run.BARS) {
  await run.step(`bars ${what}`, async () => {
    const contract = chosen[0]?.contract ?? {};
    const size = args.barSize as BarSizeSetting; // The command line names one of IB's bar sizes.
    const show = what as WhatToShow; // Its values are these names.
    return run.checkBars(
      await run.patiently(ib.getHistoricalData(contract, "", args.duration, size, show, 1, 1)),
    );
  });
}
await run.step("account summary", async () => {
  const wanted = run.SUMMARY_TAGS.split(",");
  return await until(ib.getAccountSummary("All", run.SUMMARY_TAGS), ({ all }) => {
    const tags = [...all.values()].flatMap((values) => [...values.keys()]);
    return wanted.every((tag) => tags.includes(tag)) ? tags.join(", ") : null;
  }, "account summary");
});
await run.step("account updates", async () => {
  return await until(ib.getAccountUpdates(), ({ all }) => {
    const values = [...all.value?.values() ?? []].reduce((sum, tags) => sum + tags.size, 0);
    return values > 0 ? `${values} values` : null;
  }, "account values");
});
await run.step("positions", async () => {
  return await until(ib.getPositions(), ({ all }) => {
    return `${[...all.values()].flat().length} positions`;
  }, "positions");
});
await run.step("orders", async () => {
  const all = await run.patiently(ib.getAllOpenOrders());
  const open = await until(ib.getOpenOrders(), (update) => update.all.length, "open orders");
  return `${open} open, ${all.length} of all clients`;
});
await run.step("executions", async () => {
  return `${(await run.patiently(ib.getExecutionDetails({}))).length} executions`;
});
for (const { asked, expected, wanted } of run.kinds(args.closed)) {
  await run.step(`market data type ${asked}`, async () => {
    ib.setMarketDataType(asked as MarketDataType);
    const contract = others[asked - 1]?.contract ?? {};
    const data = ib.getMarketData(contract, "", run.STREAM, run.FREE_OF_CHARGE);
    const ticks = await until(
      data,
      ({ all }) => wanted.every((field) => fields(all)[field] !== undefined) ? all : null,
      wanted.join(" and "),
    );
    // IBApiNext keeps the kind to itself; the numbers of the ticks tell live from delayed.
    const delayed = [...ticks.keys()].some((type) => type >= 66 && type <= 76);
    assert.equal(delayed, expected >= 3);
    return `got ${delayed ? "delayed" : "live"} ticks: ${JSON.stringify(fields(ticks))}`;
  });
}
await run.step("disconnect", async () => {
  ib.disconnect();
  await until(
    ib.connectionState,
    (state) => state === ConnectionState.Disconnected ? "closed" : null,
    "end of the connection",
  );
  return "closed";
});
await run.finish();
