/**
 * The gateway as `@stoqey/ib` sees it, unmodified: whole chains of the made-up market at each
 * layout, and a replay whose step moves a streamed quote.
 */
import { strict as assert } from "node:assert";
import { type Contract, EventName, IBApi, type SecType } from "@stoqey/ib";
import { manualClock, systemClock } from "../../base/clock.ts";
import { silentLog } from "../../telemetry/log.ts";
import { serve } from "../serve.ts";
import type { Settings } from "../settings.ts";

const SETTINGS: Settings = {
  host: "127.0.0.1",
  port: 0,
  controlPort: 0,
  seed: 1,
  messageLimit: 0,
  lineLimit: 0,
  clientLimit: 0,
  fault: [],
  neverTicks: 0,
  tickDelay: { leastMs: 0, mostMs: 0 },
  serverVersion: 193,
  accounts: ["DU1234567"],
};

/** Streaming: neither an ordinary nor a regulatory snapshot. */
const SNAPSHOT = false;

/** The notices that every client gets, as @stoqey/ib passes them on. */
const NOTICES = [2104, 2106, 2158];

/** A connected client and everything it complains of. */
interface Client {
  readonly ib: IBApi;
  readonly complaints: readonly string[];
  disconnect(): Promise<void>;
}

async function connect(port: number): Promise<Client> {
  const complaints: string[] = [];
  // All four settings are given, so that the library reads no environment (its config module).
  const ib = new IBApi({ host: "127.0.0.1", port, clientId: 5, maxReqPerSec: 1_000_000 });
  ib.on(EventName.error, (error, code, reqId) => complaints.push(`${code} ${reqId} ${error}`));
  ib.on(EventName.info, (text, code) => {
    if (!NOTICES.includes(code)) complaints.push(`${code} ${text}`);
  });
  const started = Promise.withResolvers<void>();
  ib.once(EventName.nextValidId, () => started.resolve());
  ib.connect();
  await started.promise;
  return {
    ib,
    complaints,
    async disconnect() {
      const ended = Promise.withResolvers<void>();
      ib.once(EventName.disconnected, () => ended.resolve());
      ib.disconnect();
      await ended.promise;
    },
  };
}

/** The contracts that a details request brings. */
async function details(client: Client, reqId: number, contract: Contract): Promise<Contract[]> {
  const found: Contract[] = [];
  const ended = Promise.withResolvers<void>();
  client.ib.on(EventName.contractDetails, (id, it) => {
    if (id === reqId) found.push(it.contract);
  });
  client.ib.on(EventName.contractDetailsEnd, (id) => {
    if (id === reqId) ended.resolve();
  });
  client.ib.reqContractDetails(reqId, contract);
  await ended.promise;
  return found;
}

// The library's enum is a TypeScript enum of these same texts.
const STOCK = "STK" as SecType;
const OPTION = "OPT" as SecType;

for (const serverVersion of [176, 178, 193]) {
  Deno.test(`@stoqey/ib reads a chain with greeks at server version ${serverVersion}, without a complaint`, async () => {
    const gateway = await serve({ ...SETTINGS, serverVersion }, silentLog, systemClock);
    const client = await connect(gateway.port);
    const { ib } = client;
    const [ea] = await details(client, 1, {
      symbol: "EA",
      secType: STOCK,
      exchange: "SMART",
      currency: "USD",
    });
    assert.ok(ea?.conId);
    const expiries = await optionExpiries(ib, ea.conId);
    const options = await details(client, 3, {
      symbol: "EA",
      secType: OPTION,
      exchange: "SMART",
      currency: "USD",
      tradingClass: "EA",
      lastTradeDateOrContractMonth: expiries[2] ?? "",
    });
    assert.ok(options.length > 20, `${options.length} options of ${expiries[2]}`);
    const nearest = options.toSorted((a, b) =>
      Math.abs((a.strike ?? 0) - 206) - Math.abs((b.strike ?? 0) - 206)
    ).slice(0, 20);
    await streamUntilComplete(ib, nearest);
    assert.deepEqual(client.complaints, []);
    await client.disconnect();
    await gateway.close();
  });
}

async function optionExpiries(ib: IBApi, conId: number): Promise<string[]> {
  const expiries = new Set<string>();
  const ended = Promise.withResolvers<void>();
  ib.on(
    EventName.securityDefinitionOptionParameter,
    (_reqId, exchange, _under, _class, _by, all) => {
      if (exchange === "SMART") { for (const expiry of all) expiries.add(expiry); }
    },
  );
  ib.once(EventName.securityDefinitionOptionParameterEnd, () => ended.resolve());
  ib.reqSecDefOptParams(2, "EA", "", STOCK, conId);
  await ended.promise;
  return [...expiries].toSorted();
}

/** Bid, ask, last, volume, open interest and the model's computation, by tick type. */
const WANTED = [1, 2, 4, 8, 13];

async function streamUntilComplete(ib: IBApi, contracts: readonly Contract[]): Promise<void> {
  const seen = new Map<number, Set<number>>();
  const complete = Promise.withResolvers<void>();
  const see = (reqId: number, tickType: number): void => {
    const ticks = seen.get(reqId) ?? new Set();
    seen.set(reqId, ticks.add(tickType));
    const whole = [...seen.values()].filter((it) =>
      WANTED.every((wanted) => it.has(wanted)) && (it.has(27) || it.has(28))
    );
    if (whole.length === contracts.length) complete.resolve();
  };
  ib.on(EventName.tickPrice, (reqId, tickType) => see(reqId, tickType));
  ib.on(EventName.tickSize, (reqId, tickType) => see(reqId, tickType ?? -1));
  ib.on(EventName.tickOptionComputation, (reqId, tickType, _attribute, volatility, delta) => {
    if (volatility !== undefined && delta !== undefined) see(reqId, tickType);
  });
  contracts.forEach((contract, index) =>
    ib.reqMktData(100 + index, contract, "100,101,106", SNAPSHOT, SNAPSHOT)
  );
  await complete.promise;
  contracts.forEach((_, index) => ib.cancelMktData(100 + index));
}

/** A chain file in the documented format. */
function recording(updated: string, bid: number | null): string {
  const row = { symbol: "EA260717C00200000", bid, ask: 6.7, last: 6.6, open_interest: 12 };
  return JSON.stringify({
    format: "lastmark-chain",
    version: 1,
    ticker: "EA",
    updated,
    spot: 206.4,
    contracts: [row],
  });
}

Deno.test("a step of a replay moves a streamed quote, and a bid that is gone is told", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/EA_1.json`, recording("2026-07-15T14:00:00Z", 6.5));
  await Deno.writeTextFile(`${folder}/EA_2.json`, recording("2026-07-15T15:00:00Z", 6.55));
  await Deno.writeTextFile(`${folder}/EA_3.json`, recording("2026-07-15T16:00:00Z", null));
  const gateway = await serve({ ...SETTINGS, replay: folder }, silentLog, systemClock);
  const client = await connect(gateway.port);
  const [option] = await details(client, 1, {
    symbol: "EA",
    secType: OPTION,
    exchange: "SMART",
    currency: "USD",
  });
  assert.equal(option?.localSymbol, "EA    260717C00200000");
  const bids: number[] = [];
  let told = Promise.withResolvers<void>();
  client.ib.on(EventName.tickPrice, (_reqId, tickType, price) => {
    if (tickType !== 1) return;
    bids.push(price);
    told.resolve();
  });
  client.ib.reqMktData(2, option, "101", SNAPSHOT, SNAPSHOT);
  await told.promise;
  for (let step = 0; step < 2; step++) {
    told = Promise.withResolvers<void>();
    const url = `http://127.0.0.1:${gateway.controlPort}/replay/step`;
    const response = await fetch(url, { method: "POST", body: '{"symbol":"EA"}' });
    assert.equal(response.status, 200);
    await response.body?.cancel();
    await told.promise;
  }
  assert.deepEqual(bids, [6.5, 6.55, -1]);
  assert.deepEqual(client.complaints, []);
  await client.disconnect();
  await gateway.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a replay with --step-seconds steps by itself", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/EA_1.json`, recording("2026-07-15T14:00:00Z", 6.5));
  await Deno.writeTextFile(`${folder}/EA_2.json`, recording("2026-07-15T15:00:00Z", 6.55));
  const clock = manualClock(Date.UTC(2026, 6, 15, 14));
  const settings = { ...SETTINGS, replay: folder, stepSeconds: 60 };
  const gateway = await serve(settings, silentLog, () => clock);
  const client = await connect(gateway.port);
  const [option] = await details(client, 1, {
    symbol: "EA",
    secType: OPTION,
    exchange: "SMART",
    currency: "USD",
  });
  const bids: number[] = [];
  let told = Promise.withResolvers<void>();
  client.ib.on(EventName.tickPrice, (_reqId, tickType, price) => {
    if (tickType !== 1) return;
    bids.push(price);
    told.resolve();
  });
  client.ib.reqMktData(2, option ?? {}, "", SNAPSHOT, SNAPSHOT);
  await told.promise;
  told = Promise.withResolvers<void>();
  clock.advance(60_000);
  await told.promise;
  assert.deepEqual(bids, [6.5, 6.55]);
  await client.disconnect();
  await gateway.close();
  assert.equal(clock.pending, 0);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("the clock of a replay starts at its earliest file unless an offset is given", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/EA_1.json`, recording("2026-07-15T14:00:00Z", 6.5));
  const timeOf = async (settings: Settings): Promise<number> => {
    const gateway = await serve(settings, silentLog, systemClock);
    const client = await connect(gateway.port);
    const time = Promise.withResolvers<number>();
    client.ib.once(EventName.currentTime, (seconds) => time.resolve(seconds * 1000));
    client.ib.reqCurrentTime();
    const nowMs = await time.promise;
    await client.disconnect();
    await gateway.close();
    return nowMs;
  };
  const replayed = await timeOf({ ...SETTINGS, replay: folder }) - Date.UTC(2026, 6, 15, 14);
  assert.ok(replayed >= 0 && replayed < 10_000, `${replayed} ms after the earliest file`);
  const given = await timeOf({ ...SETTINGS, replay: folder, clockOffsetMs: -3_600_000 });
  assert.ok(Math.abs(Date.now() - 3_600_000 - given) < 10_000);
  await Deno.remove(folder, { recursive: true });
});
