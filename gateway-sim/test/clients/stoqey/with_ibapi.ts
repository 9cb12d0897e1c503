/** `IBApi` of `@stoqey/ib`: events by name. */
import {
  type BarSizeSetting,
  type Contract,
  type ContractDetails,
  EventName,
  IBApi,
  type MarketDataType,
  type SecType,
} from "@stoqey/ib";
import { strict as assert } from "node:assert";
import * as run from "./run.ts";

/** Tick types, live and delayed. */
const PRICES = new Map<number | undefined, keyof run.Quote>([
  [1, "bid"],
  [2, "ask"],
  [4, "last"],
  [66, "bid"],
  [67, "ask"],
  [68, "last"],
]);
const VOLUME: readonly (number | undefined)[] = [8, 74];
/** Calls' and puts': an option has the one, the other is 0. */
const OPEN_INTEREST: readonly (number | undefined)[] = [27, 28];
const VOLATILITIES: readonly (number | undefined)[] = [23, 24];
const MODEL: readonly number[] = [13, 83];

// The library's bare flags, by what they mean.
const BARS_END = false;
const SUBSCRIBE = true;
const UNSUBSCRIBE = false;
const ALL_VALUES = false;
const OF_ALL_CLIENTS = false;

const args = run.readArguments();
const watch = new run.Watch();
// With all four given the library reads no files and no environment.
const ib = new IBApi({
  host: "127.0.0.1",
  port: args.port,
  clientId: args.clientId,
  maxReqPerSec: 40,
});

const rows = new Map<number | string, unknown[]>();
const ended = new Set<number | string>();
const quotes = new Map<number, run.Quote>();
const kinds = new Map<number, number>();
const volatilities = new Set<number>();
const notices = new Set<number>();
let lastId = 1_000;

function note(key: number | string, row: unknown): void {
  rows.set(key, [...rows.get(key) ?? [], row]);
  watch.changed();
}

function end(key: number | string): void {
  ended.add(key);
  watch.changed();
}

function quoteOf(key: number): run.Quote {
  const quote = quotes.get(key) ?? {};
  quotes.set(key, quote);
  return quote;
}

function tick(key: number, field: keyof run.Quote, value: number): void {
  quoteOf(key)[field] = value;
  watch.changed();
}

/** Sends a request that begins with a request ID, waits for its end and returns its rows. */
async function ask<T>(request: (key: number) => void): Promise<T[]> {
  const key = ++lastId;
  request(key);
  await watch.until(() => ended.has(key), `end of request ${key}`);
  // Only the listener of this kind of request notes rows under its ID.
  return (rows.get(key) ?? []) as T[];
}

ib.on(EventName.error, (error, code, key) => run.noise.push(`error ${code} ${key}: ${error}`));
ib.on(EventName.info, (message, code) => {
  if (run.NOTICES.includes(code)) notices.add(code);
  else run.noise.push(`info ${code}: ${message}`);
  watch.changed();
});
ib.on(EventName.server, (version) => note("server", version));
ib.on(EventName.nextValidId, (id) => note("order id", id));
ib.on(EventName.managedAccounts, (accounts) => note("accounts", accounts));
ib.on(EventName.currentTime, (time) => note("time", time));
ib.on(EventName.contractDetails, (key, details) => note(key, details));
ib.on(EventName.contractDetailsEnd, end);
ib.on(
  EventName.securityDefinitionOptionParameter,
  (key, exchange, conId, tradingClass, multiplier, expiries, strikes) =>
    note(key, { exchange, conId, tradingClass, multiplier, expiries, strikes }),
);
ib.on(EventName.securityDefinitionOptionParameterEnd, end);
ib.on(EventName.marketDataType, (key, kind) => {
  kinds.set(key, kind);
  watch.changed();
});
ib.on(EventName.tickPrice, (key, type, value) => {
  const field = PRICES.get(type);
  if (field !== undefined && value > 0) tick(key, field, value);
});
ib.on(EventName.tickSize, (key, type, value = NaN) => {
  if (VOLUME.includes(type)) tick(key, "volume", value);
  if (OPEN_INTEREST.includes(type) && value > 0) tick(key, "open_interest", value);
});
ib.on(EventName.tickGeneric, (_key, type) => {
  if (VOLATILITIES.includes(type)) volatilities.add(type);
  watch.changed();
});
ib.on(EventName.tickOptionComputation, (key, type, _attribute, impliedVol, delta) => {
  if (!MODEL.includes(type) || impliedVol === undefined || delta === undefined) return;
  tick(key, "implied_vol", impliedVol);
  tick(key, "delta", delta);
});
ib.on(EventName.tickSnapshotEnd, end);
ib.on(EventName.historicalData, (key, time, open, high, low, close) => {
  if (time.startsWith("finished")) end(key);
  else note(key, { open, high, low, close });
});
ib.on(EventName.accountSummary, (key, _account, tag, value) => note(key, `${tag} ${value}`));
ib.on(EventName.accountSummaryEnd, end);
ib.on(EventName.updateAccountValue, (key, value) => note("account", `${key} ${value}`));
ib.on(EventName.accountDownloadEnd, () => end("account"));
ib.on(EventName.accountUpdateMulti, (key, _account, _model, name) => note(key, name));
// The library leaves this ID a text.
ib.on(EventName.accountUpdateMultiEnd, (key) => end(Number(key)));
ib.on(EventName.position, (_account, contract) => note("positions", contract));
ib.on(EventName.positionEnd, () => end("positions"));
ib.on(EventName.openOrderEnd, () => end("open orders"));
ib.on(EventName.completedOrdersEnd, () => end("completed orders"));
ib.on(EventName.execDetailsEnd, end);
ib.on(EventName.disconnected, () => end("connection"));

let account = "";
let nowS = 0;
let under: Contract = {};
let underConId = 0;
let expiries: string[] = [];
let strikes: number[] = [];
let options: run.Option[] = [];
let chosen: run.Option[] = [];
let others: run.Option[] = [];
let spot = 0;

await run.step("connect", async () => {
  ib.connect();
  await watch.until(() => rows.has("order id") && rows.has("accounts"), "order id and accounts");
  await watch.until(() => run.NOTICES.every((code) => notices.has(code)), "notices");
  account = String(rows.get("accounts")?.[0]).split(",")[0] ?? "";
  if (args.closed) ib.reqMarketDataType(2);
  return `server version ${rows.get("server")?.[0]}, account ${account}`;
});
await run.step("current time", async () => {
  ib.reqCurrentTime();
  await watch.until(() => rows.has("time"), "time");
  nowS = Number(rows.get("time")?.[0]);
  return String(nowS);
});
await run.step("underlying", async () => {
  const { symbol, exchange } = args;
  // The command line names one of IB's security types.
  const asked = { symbol, exchange, secType: args.secType as SecType, currency: "USD" };
  const found = await ask<ContractDetails>((key) => ib.reqContractDetails(key, asked));
  assert.equal(found.length, 1);
  const [details] = found;
  under = details?.contract ?? {};
  underConId = under.conId ?? 0;
  assert.ok(underConId > 0 && details?.longName);
  return `conId ${underConId}, ${details.longName}`;
});
await run.step("option parameters", async () => {
  type Row = {
    readonly exchange: string;
    readonly conId: number;
    readonly tradingClass: string;
    readonly multiplier: number | string;
    readonly expiries: string[];
    readonly strikes: number[];
  };
  const found = await ask<Row>((key) =>
    ib.reqSecDefOptParams(key, args.symbol, "", args.secType as SecType, underConId)
  );
  const [ours] = found.filter((row) =>
    row.exchange === "SMART" && row.tradingClass === args.tradingClass
  );
  assert.ok(ours, `no row of ${args.tradingClass} on SMART`);
  assert.equal(ours.conId, underConId);
  assert.equal(Number(ours.multiplier), 100);
  ({ expiries, strikes } = ours);
  return `${found.length} rows; ${args.tradingClass}: ${expiries.length} expiries, ${strikes.length} strikes`;
});
await run.step("contract details", async () => {
  const expiry = run.pickExpiry(nowS, expiries, args.days);
  const found = await ask<ContractDetails>((key) =>
    ib.reqContractDetails(key, {
      symbol: args.symbol,
      secType: "OPT" as SecType,
      exchange: "SMART",
      currency: "USD",
      tradingClass: args.tradingClass,
      lastTradeDateOrContractMonth: expiry,
    })
  );
  options = run.checkDetails(found, expiry, strikes);
  return `${options.length} contracts of ${expiry}, such as ${options[0]?.localSymbol}`;
});
await run.step("stream the underlying", async () => {
  const key = ++lastId;
  ib.reqMktData(key, under, run.GENERICS_OF_UNDERLYING, run.STREAM, run.FREE_OF_CHARGE);
  await watch.until(
    () => quoteOf(key).last !== undefined && (volatilities.size === 2 || !args.generics),
    "price of the underlying",
  );
  ib.cancelMktData(key);
  spot = quoteOf(key).last ?? 0;
  return `${JSON.stringify(quoteOf(key))}, volatilities by ticks ${[...volatilities].join(", ")}`;
});
await run.step("stream options", async () => {
  ({ chosen, others } = run.nearest(options, spot));
  const keys = chosen.map((option) => {
    const key = ++lastId;
    ib.reqMktData(key, option.contract, run.GENERICS_OF_OPTION, run.STREAM, run.FREE_OF_CHARGE);
    return { key, option };
  });
  try {
    await watch.until(() => keys.every(({ key }) => run.isWhole(quoteOf(key))), "whole quotes");
  } finally {
    const received = keys.map(({ key, option }) => [run.occ(option), quoteOf(key)]);
    run.say({ quotes: Object.fromEntries(received) });
    for (const { key } of keys) ib.cancelMktData(key);
  }
  return `${keys.length} options, each with ${run.QUOTE_FIELDS.join(", ")}`;
});
await run.step("snapshot", async () => {
  const contract = chosen[0]?.contract ?? {};
  await ask((key) => ib.reqMktData(key, contract, "", run.SNAPSHOT, run.FREE_OF_CHARGE));
  const { bid, ask: offer } = quoteOf(lastId);
  assert.ok(bid !== undefined && offer !== undefined, JSON.stringify(quoteOf(lastId)));
  return `${chosen[0]?.localSymbol}: ${JSON.stringify(quoteOf(lastId))}`;
});
for (const what of run.BARS) {
  await run.step(`bars ${what}`, async () => {
    const contract = chosen[0]?.contract ?? {};
    const { duration } = args;
    // The command line names one of IB's bar sizes.
    const size = args.barSize as BarSizeSetting;
    return run.checkBars(
      await ask((key) =>
        ib.reqHistoricalData(key, contract, "", duration, size, what, 1, 1, BARS_END)
      ),
    );
  });
}
await run.step("account summary", async () => {
  const found = await ask((key) => ib.reqAccountSummary(key, "All", run.SUMMARY_TAGS));
  ib.cancelAccountSummary(lastId);
  assert.ok(found.length >= run.SUMMARY_TAGS.split(",").length, found.join());
  return found.join(", ");
});
await run.step("account updates", async () => {
  ib.reqAccountUpdates(SUBSCRIBE, account);
  await watch.until(() => ended.has("account"), "account values");
  ib.reqAccountUpdates(UNSUBSCRIBE, account);
  const values = rows.get("account") ?? [];
  const multi = await ask((key) => ib.reqAccountUpdatesMulti(key, account, "", ALL_VALUES));
  assert.ok(values.length > 0 && multi.length > 0);
  return `${values.length} values; ${multi.length} by the multi request`;
});
await run.step("positions", async () => {
  ib.reqPositions();
  await watch.until(() => ended.has("positions"), "end of positions");
  ib.cancelPositions();
  return `${rows.get("positions")?.length ?? 0} positions`;
});
await run.step("orders", async () => {
  for (const request of [() => ib.reqOpenOrders(), () => ib.reqAllOpenOrders()]) {
    ended.delete("open orders");
    request();
    await watch.until(() => ended.has("open orders"), "end of open orders");
  }
  ib.reqCompletedOrders(OF_ALL_CLIENTS);
  await watch.until(() => ended.has("completed orders"), "end of completed orders");
  return "open, all open and completed orders came to their ends";
});
await run.step("executions", async () => {
  const found = await ask((key) => ib.reqExecutions(key, {}));
  return `${found.length} executions`;
});
for (const { asked, expected, wanted } of run.kinds(args.closed)) {
  await run.step(`market data type ${asked}`, async () => {
    ib.reqMarketDataType(asked as MarketDataType);
    const key = ++lastId;
    ib.reqMktData(key, others[asked - 1]?.contract ?? {}, "", run.STREAM, run.FREE_OF_CHARGE);
    const arrived = (): boolean => wanted.every((field) => quoteOf(key)[field] !== undefined);
    await watch.until(() => kinds.has(key) && arrived(), wanted.join(" and "));
    ib.cancelMktData(key);
    assert.equal(kinds.get(key), expected);
    return `got ${kinds.get(key)}: ${JSON.stringify(quoteOf(key))}`;
  });
}
await run.step("disconnect", async () => {
  ib.disconnect();
  await watch.until(() => ended.has("connection"), "end of the connection");
  return "closed";
});
await run.finish();
