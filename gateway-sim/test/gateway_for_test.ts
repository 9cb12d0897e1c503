/** A gateway on a small market, for one test. */
import { type Clock, systemClock } from "../../base/clock.ts";
import { jsonLog } from "../../telemetry/log.ts";
import { type Gateway, type GatewayOptions, startGateway } from "../server/gateway.ts";
import { RawClient, type RawClientOptions } from "./raw_client.ts";
import { EA, EA_CALL, EA_PUT, type SmallMarket, smallMarket, SPX } from "./small_market.ts";

/** What a test is given. */
export interface Bench {
  readonly gateway: Gateway;
  readonly market: SmallMarket;
  /** Resolves when the gateway has ended one more connection than at the call. */
  nextEnd(): Promise<void>;
  /** Connects a raw client, which is closed at the end. */
  connect(options?: RawClientOptions): Promise<RawClient>;
}

/** Runs `body` with a gateway without limits and delays, except where `options` say otherwise. */
export async function withGateway(
  options: Partial<GatewayOptions>,
  body: (bench: Bench) => Promise<void>,
): Promise<void> {
  const clock: Clock = options.clock ?? systemClock();
  const market = smallMarket(() => clock.nowMs());
  market.set(EA.conId, { bid: 202.4, ask: 202.6, bidSize: 3, askSize: 4, last: 202.5 });
  market.set(SPX.conId, { last: 7500.25 });
  market.set(EA_CALL.conId, { bid: 1.25, ask: 1.35, bidSize: 10, askSize: 20 });
  market.set(EA_PUT.conId, { bid: 1.2, ask: 1.3, bidSize: 11, askSize: 21 });
  let ended = Promise.withResolvers<void>();
  const log = jsonLog({
    program: "test",
    level: "info",
    nowMs: () => 0,
    write: (line) => line.includes("gateway.connection_ended") && ended.resolve(),
  });
  const gateway = startGateway({
    market,
    clock,
    log,
    hostname: "127.0.0.1",
    port: 0,
    messageLimit: 0,
    lineLimit: 0,
    clientLimit: 0,
    tickDelay: { leastMs: 0, mostMs: 0 },
    neverTicks: 0,
    serverVersion: 193,
    accounts: ["DU1234567"],
    seed: 1,
    ...options,
  });
  const clients: RawClient[] = [];
  try {
    await body({
      gateway,
      market,
      nextEnd() {
        ended = Promise.withResolvers<void>();
        return ended.promise;
      },
      async connect(clientOptions = {}) {
        const client = await RawClient.connect(gateway.port, clientOptions);
        clients.push(client);
        return client;
      },
    });
  } finally {
    for (const client of clients) await client.close();
    await gateway.close();
  }
}

/** The twelve fields that name a contract by its conId. */
export function byConId(conId: number): readonly (string | number)[] {
  return [conId, "", "", "", "", "", "", "SMART", "", "USD", "", ""];
}

/** A stock by its symbol. */
export function stock(symbol: string): readonly (string | number)[] {
  return [0, symbol, "STK", "", "", "", "", "SMART", "", "USD", "", ""];
}

/** reqMktData for a contract. */
export function marketDataRequest(
  reqId: number,
  contract: readonly (string | number)[],
  generics = "",
  snapshot = 0,
): readonly (string | number)[] {
  return [1, 11, reqId, ...contract, 0, generics, snapshot, 0, ""];
}

/** reqContractDetails for a contract. */
export function detailsRequest(
  reqId: number,
  contract: readonly (string | number)[],
): readonly (string | number)[] {
  return [9, 8, reqId, ...contract, 0, "", "", ""];
}
