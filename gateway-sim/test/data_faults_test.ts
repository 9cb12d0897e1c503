/** Faults of what the gateway says: each strikes whom it names, and all is well after its end. */
import { strict as assert } from "node:assert";
import { type ManualClock, manualClock } from "../../base/clock.ts";
import { fault, type FaultText } from "../faults/fault.ts";
import type { GatewayOptions } from "../server/gateway.ts";
import {
  type Bench,
  byConId,
  detailsRequest,
  marketDataRequest,
  stock,
  withGateway,
} from "./gateway_for_test.ts";
import type { Message, RawClient } from "./raw_client.ts";
import { EA, EA_CALL, EA_PUT } from "./small_market.ts";

interface Given extends Bench {
  readonly clock: ManualClock;
  on(text: FaultText): number;
  off(id: number): void;
  /** The messages until all so far is answered. */
  said(client: RawClient): Promise<readonly Message[]>;
}

/** A gateway whose clock a test turns. */
async function withFaults(
  options: Partial<GatewayOptions>,
  test: (given: Given) => Promise<void>,
): Promise<void> {
  const clock = manualClock(Date.UTC(2026, 6, 15, 15));
  await withGateway({ clock, ...options }, (bench) =>
    test({
      ...bench,
      clock,
      on: (text) => bench.gateway.faults.add(fault.parse(text)),
      off: (id) => assert.ok(bench.gateway.faults.end(id)),
      async said(client) {
        await client.settle();
        return client.received.splice(0);
      },
    }));
}

/** Codes of errors and notices, with whom they are about. */
const codes = (messages: readonly Message[]): string[] =>
  messages.filter(([id]) => id === "4").map(([, , reqId, code]) => `${reqId}:${code}`);
const ticks = (messages: readonly Message[], reqId: number): number =>
  messages.filter(([id, , about]) => (id === "1" && about === String(reqId))).length;
const computations = (messages: readonly Message[]): number =>
  messages.filter(([id]) => id === "21").length;

/** A client with a line on EA and one on a call, which tick. */
async function streaming({ connect, said }: Given, clientId = 1): Promise<RawClient> {
  const client = await connect({ clientId });
  await client.send(...marketDataRequest(1, byConId(EA.conId)));
  await client.send(...marketDataRequest(2, byConId(EA_CALL.conId)));
  const first = await said(client);
  assert.ok(ticks(first, 1) > 0 && ticks(first, 2) > 0);
  return client;
}

/** Moves both prices, and gives how many ticks of each line come. */
async function move({ market, said }: Given, client: RawClient): Promise<readonly number[]> {
  price += 0.05;
  market.set(EA.conId, { last: 100 + price });
  market.set(EA_CALL.conId, { last: price });
  const messages = await said(client);
  return [ticks(messages, 1), ticks(messages, 2)];
}
let price = 1;

Deno.test("1100 stops all ticks; after 1102 they go on, after 1101 lines of before are silent for good", async () => {
  for (const restored of [1102, 1101] as const) {
    await withFaults({}, async (given) => {
      const client = await streaming(given);
      const id = given.on({ fault: "connectivity", restored, repeatSeconds: 30 });
      assert.deepEqual(codes(await given.said(client)), ["-1:1100"]);
      given.clock.advance(60_000);
      assert.deepEqual(codes(await given.said(client)), ["-1:1100", "-1:1100"]);
      assert.deepEqual(await move(given, client), [0, 0]);
      await client.send(...detailsRequest(9, stock("EA")));
      assert.deepEqual(codes(await given.said(client)), ["9:200"], "spuriously");
      given.off(id);
      assert.ok(codes(await given.said(client)).includes(`-1:${restored}`));
      const [ea = 0, call = 0] = await move(given, client);
      assert.equal(ea > 0 && call > 0, restored === 1102);
      assert.equal(given.gateway.state().lines.used, 2, "they are counted all the same");
      await client.send(...marketDataRequest(3, byConId(EA_PUT.conId)));
      assert.ok(ticks(await given.said(client), 3) > 0, "a new line ticks");
    });
  }
});

Deno.test("1102 can lose subscriptions, too, and says that it did not", async () => {
  await withFaults({}, async (given) => {
    const client = await streaming(given);
    given.off(given.on({ fault: "connectivity", restored: 1102, loseSubscriptions: true }));
    assert.deepEqual(codes(await given.said(client)), ["-1:1100", "-1:1102"]);
    assert.deepEqual(await move(given, client), [0, 0]);
  });
});

Deno.test("a farm that breaks stops ticks until it is well, and a client that connects is told", async () => {
  await withFaults({}, async (given) => {
    const client = await streaming(given);
    const id = given.on({ fault: "farm", code: 2103, name: "usopt" });
    const said = await given.said(client);
    assert.deepEqual(codes(said), ["-1:2103"]);
    assert.equal(said[0]?.[4], "Market data farm connection is broken:usopt");
    assert.deepEqual(await move(given, client), [0, 0]);
    const late = await given.connect({ clientId: 2 });
    assert.deepEqual(codes(await given.said(late)), ["-1:2103", "-1:2106", "-1:2158"]);
    given.off(id);
    const after = await given.said(client);
    assert.deepEqual(codes(after), ["-1:2104"]);
    assert.ok(ticks(after, 1) > 0, "what was missed comes");
  });
});

Deno.test("a farm flaps, and can leave lines silent that nobody is told of", async () => {
  await withFaults({}, async (given) => {
    const client = await streaming(given);
    given.on({ fault: "farm", flapEverySeconds: 3, seconds: 10, keepSilent: true });
    const seen: string[] = [];
    for (let second = 0; second <= 12; second++) {
      seen.push(...codes(await given.said(client)));
      given.clock.advance(1_000);
    }
    assert.deepEqual(seen, ["-1:2103", "-1:2104", "-1:2103", "-1:2104"]);
    assert.deepEqual(await move(given, client), [0, 0]);
  });
});

const NOTICES = [
  [2105, 2106],
  [2107, 2106],
  [2108, 2104],
  [2119, 2104],
  [2157, 2158],
] as const;
for (const [code, well] of NOTICES) {
  Deno.test(`${code} is said, ticks go on, and ${well} says that it is well`, async () => {
    await withFaults({}, async (given) => {
      const client = await streaming(given);
      const id = given.on({ fault: "farm", code, spurious200: code === 2157 });
      assert.deepEqual(codes(await given.said(client)), [`-1:${code}`]);
      assert.ok((await move(given, client)).every((count) => count > 0));
      await client.send(...detailsRequest(9, stock("EA")));
      assert.equal(codes(await given.said(client)).includes("9:200"), code === 2157);
      given.off(id);
      assert.deepEqual(codes(await given.said(client)), [`-1:${well}`]);
      assert.deepEqual(given.gateway.state().violations.counts, {});
    });
  });
}

for (const code of [354, 10089, 10168, 10197, 200, 101] as const) {
  Deno.test(`${code} ends the requests that it names, takes no line, and no others`, async () => {
    await withFaults({}, async (given) => {
      const client = await given.connect({ clientId: 1 });
      const id = given.on({
        fault: "refuse_data",
        code,
        secType: "OPT",
        burst: code === 10197 ? 3 : 1,
      });
      await client.send(...marketDataRequest(1, byConId(EA.conId)));
      await client.send(...marketDataRequest(2, byConId(EA_CALL.conId)));
      const messages = await given.said(client);
      const burst = code === 10197 ? 3 : 1;
      const said = codes(messages).filter((it) => !it.startsWith("-1"));
      assert.deepEqual(said, Array.from({ length: burst }, () => `2:${code}`));
      assert.ok(ticks(messages, 1) > 0 && ticks(messages, 2) === 0);
      assert.equal(given.gateway.state().lines.used, 1);
      given.off(id);
      await client.send(...marketDataRequest(3, byConId(EA_CALL.conId)));
      assert.ok(ticks(await given.said(client), 3) > 0);
    });
  });
}

Deno.test("354 gives delayed data where that was asked for, with advice 10167", async () => {
  await withFaults({}, async (given) => {
    const client = await given.connect({ clientId: 1 });
    given.on({ fault: "refuse_data", code: 354 });
    await client.send(59, 1, 3);
    await client.send(...marketDataRequest(1, byConId(EA.conId)));
    const messages = await given.said(client);
    assert.ok(codes(messages).includes("1:10167"));
    assert.ok(messages.some(([id, , reqId, kind]) => id === "58" && reqId === "1" && kind === "3"));
    assert.ok(messages.some(([id, , , tick]) => id === "1" && tick === "68"));
  });
});

for (const code of [10090, 10091, 10167] as const) {
  Deno.test(`${code} is advice: ticks follow`, async () => {
    await withFaults({}, async (given) => {
      given.market.set(EA_CALL.conId, {
        computations: {
          bid: null,
          ask: null,
          last: null,
          model: {
            impliedVol: 0.25,
            delta: 0.5,
            gamma: 0.01,
            theta: -0.01,
            vega: 0.1,
            optionPrice: 1.3,
            presentValueDividend: 0,
            underlyingPrice: 202.5,
          },
        },
      });
      const client = await given.connect({ clientId: 1 });
      const id = given.on({ fault: "refuse_data", code });
      await client.send(...marketDataRequest(2, byConId(EA_CALL.conId)));
      const messages = await given.said(client);
      assert.ok(codes(messages).includes(`2:${code}`));
      assert.ok(ticks(messages, 2) > 0);
      const isDelayed = messages.some(([type, , , kind]) => type === "58" && kind === "3");
      assert.equal(isDelayed, code === 10167);
      assert.equal(computations(messages) > 0, code === 10167, "greeks");
      given.off(id);
    });
  });
}

Deno.test("a competing session strikes open lines in bursts, and what is asked again never ticks", async () => {
  await withFaults({}, async (given) => {
    const client = await streaming(given);
    const mute = given.on({ fault: "mute" });
    given.on({ fault: "refuse_data", code: 10197, burst: 10, openLines: true, times: 1 });
    const said = codes(await given.said(client));
    assert.equal(said.filter((it) => it === "1:10197").length, 10);
    assert.equal(said.filter((it) => it === "2:10197").length, 10);
    assert.equal(given.gateway.state().lines.used, 0);
    given.gateway.faults.end(2);
    await client.send(...marketDataRequest(3, byConId(EA.conId)));
    assert.equal(ticks(await given.said(client), 3), 0);
    given.off(mute);
    assert.ok(ticks(await given.said(client), 3) > 0);
  });
});

Deno.test("mute lines are those of the symbol and the client that are named; some never heal", async () => {
  await withFaults({}, async (given) => {
    const [one, other] = [await streaming(given, 1), await streaming(given, 2)];
    const id = given.on({ fault: "mute", symbol: EA_CALL.localSymbol, clientId: 1 });
    const [ea = 0, call = 0] = await move(given, one);
    assert.ok(ea > 0 && call === 0);
    assert.ok(ticks(await given.said(other), 2) > 0);
    given.off(id);
    assert.ok(ticks(await given.said(one), 2) > 0);
    given.off(given.on({ fault: "mute", heals: false }));
    assert.deepEqual(await move(given, one), [0, 0]);
  });
});

Deno.test("contracts that are denied, parameters without a chain, details that take a minute", async () => {
  await withFaults({}, async (given) => {
    const client = await given.connect({ clientId: 1 });
    await given.said(client);
    const denied = given.on({ fault: "unknown_contract", symbol: "EA" });
    await client.send(...detailsRequest(1, stock("EA")));
    await client.send(...marketDataRequest(2, byConId(EA.conId)));
    assert.deepEqual(codes(await given.said(client)), ["1:200", "2:200"]);
    given.off(denied);
    const hidden = given.on({ fault: "no_parameters" });
    await client.send(78, 3, "EA", "", "STK", EA.conId);
    assert.deepEqual((await given.said(client)).map(([id]) => id), ["76"]);
    given.off(hidden);
    await client.send(78, 4, "EA", "", "STK", EA.conId);
    assert.ok((await given.said(client)).some(([id]) => id === "75"));
    given.on({ fault: "slow_details", delaySeconds: 60 });
    await client.send(...detailsRequest(5, stock("EA")));
    assert.deepEqual(await given.said(client), []);
    given.clock.advance(59_000);
    assert.deepEqual(await given.said(client), []);
    given.clock.advance(1_000);
    assert.deepEqual((await given.said(client)).map(([id]) => id), ["10", "52"]);
  });
});

Deno.test("a line that is freed slowly counts on for a while, and is no leak", async () => {
  await withFaults({ lineLimit: 1 }, async (given) => {
    const client = await given.connect({ clientId: 1 });
    given.on({ fault: "lines_free_slowly", delaySeconds: 2 });
    await client.send(...marketDataRequest(1, byConId(EA.conId)));
    await client.send(2, 2, 1);
    await client.send(...marketDataRequest(2, byConId(EA.conId)));
    assert.ok(codes(await given.said(client)).includes("2:101"));
    given.clock.advance(2_000);
    await client.send(...marketDataRequest(3, byConId(EA.conId)));
    assert.ok(ticks(await given.said(client), 3) > 0);
    assert.equal(given.gateway.state().lines.used, 1);
  });
});

Deno.test("requests of a kind are never answered, others are", async () => {
  await withFaults({}, async (given) => {
    const client = await given.connect({ clientId: 1 });
    await given.said(client);
    given.on({ fault: "silent_request", request: "details" });
    given.on({ fault: "silent_request", request: "parameters" });
    given.on({ fault: "silent_request", request: "market_data" });
    given.on({ fault: "silent_request", request: "historical" });
    await client.send(...detailsRequest(1, stock("EA")));
    await client.send(78, 2, "EA", "", "STK", EA.conId);
    await client.send(...marketDataRequest(3, byConId(EA.conId)));
    await client.send(...history(4));
    assert.deepEqual(await given.said(client), []);
  });
});

/** reqHistoricalData of EA. */
function history(
  reqId: number,
  barSize = "1 hour",
  what = "MIDPOINT",
  duration = "1 D",
): readonly (string | number)[] {
  return [20, reqId, ...byConId(EA.conId), 0, "", barSize, duration, 1, what, 2, 0, ""];
}

const BAR = { startMs: 0, open: 1, high: 1, low: 1, close: 1, volume: 1, average: 1, count: 1 };

Deno.test("historical requests answer with the error that is on, or slowly", async () => {
  await withFaults({}, async (given) => {
    given.market.bars = () => [BAR];
    const client = await given.connect({ clientId: 1 });
    await given.said(client);
    for (const code of [162, 322, 366, 420] as const) {
      const id = given.on({ fault: "historical", code });
      await client.send(...history(1));
      assert.deepEqual(codes(await given.said(client)), [`1:${code}`]);
      given.off(id);
    }
    given.on({ fault: "slow_historical", delaySeconds: 10 });
    await client.send(...history(2));
    assert.deepEqual(await given.said(client), []);
    await client.send(25, 1, 2);
    assert.deepEqual(codes(await given.said(client)), ["2:162"], "cancelled");
    await client.send(...history(3));
    await given.said(client);
    given.clock.advance(10_000);
    assert.deepEqual((await given.said(client)).map(([id]) => id), ["17"]);
    assert.deepEqual(given.gateway.state().violations.counts, {});
    await client.send(25, 1, 77);
    assert.deepEqual(codes(await given.said(client)), ["77:366"]);
  });
});

Deno.test("historical pacing is IB's: of small bars so many, of larger ones any number, 50 at once", async () => {
  await withFaults({}, async (given) => {
    given.market.bars = () => [BAR];
    const [client, other] = [
      await given.connect({ clientId: 1 }),
      await given.connect({ clientId: 2 }),
    ];
    await given.said(client);
    await given.said(other);
    let reqId = 0;
    const ask = async (barSize: string, what = "MIDPOINT", of = client): Promise<string[]> => {
      await of.send(...history(++reqId, barSize, what, `${1_000 + reqId} S`));
      return codes(await given.said(of)).map((it) => it.split(":")[1] ?? "");
    };
    for (let at = 0; at < 5; at++) assert.deepEqual(await ask("30 secs"), []);
    assert.deepEqual(await ask("30 secs"), ["162"], "the sixth of a contract in two seconds");
    assert.deepEqual(
      await ask("30 secs", "MIDPOINT", other),
      ["162"],
      "of the login, not the client",
    );
    given.clock.advance(2_000);
    assert.deepEqual(await ask("30 secs"), []);
    for (let at = 0; at < 27; at++) {
      assert.deepEqual(await ask("30 secs", "BID_ASK"), []);
      given.clock.advance(2_000);
    }
    assert.deepEqual(await ask("30 secs", "BID_ASK"), ["162"], "60 in ten minutes, BID_ASK twice");
    for (let at = 0; at < 30; at++) assert.deepEqual(await ask("1 min"), []);
    given.clock.advance(600_000);
    assert.deepEqual(await ask("30 secs"), []);
    const same = async (): Promise<string[]> => {
      await client.send(...history(++reqId, "30 secs", "TRADES", "900 S"));
      return codes(await given.said(client));
    };
    assert.equal((await same()).length, 0);
    given.clock.advance(10_000);
    assert.equal((await same()).length, 1, "the same within 15 s");
    given.on({ fault: "slow_historical", delaySeconds: 60 });
    for (let at = 0; at < 50; at++) assert.deepEqual(await ask("1 min"), []);
    assert.deepEqual(await ask("1 min"), ["322"]);
    const { counts } = given.gateway.state().violations;
    assert.equal(counts["historical_pacing"], 5);
  });
});

Deno.test("the market data type is forgotten when a client comes back", async () => {
  await withFaults({}, async (given) => {
    const kindOf = async (client: RawClient): Promise<string | undefined> => {
      await client.send(...marketDataRequest(1, byConId(EA.conId)));
      return (await given.said(client)).find(([id]) => id === "58")?.[3];
    };
    const first = await given.connect({ clientId: 1 });
    await first.send(59, 1, 3);
    assert.equal(await kindOf(first), "3");
    const ended = given.nextEnd();
    await first.close();
    await ended;
    assert.equal(await kindOf(await given.connect({ clientId: 1 })), "1");
  });
});
