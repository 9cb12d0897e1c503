/** Market data over real sockets: what is sent, when, and what is not. */
import { strict as assert } from "node:assert";
import { manualClock } from "../../base/clock.ts";
import { byConId, marketDataRequest, withGateway } from "./gateway_for_test.ts";
import type { Message, RawClient } from "./raw_client.ts";
import { EA, EA_CALL, EA_PUT, SPX, SPX_CALL } from "./small_market.ts";

/** What the control API is told to close the market. */
const OPEN = false;

const MODEL = {
  impliedVol: 0.3,
  delta: 0.5,
  gamma: 0.02,
  theta: -0.1,
  vega: 0.2,
  optionPrice: 1.3,
  presentValueDividend: 0,
  underlyingPrice: 202.5,
};

/** What one request got so far, as `1:1=1.25` (message id, tick type, value), in order. */
async function ticksOf(client: RawClient, reqId: number): Promise<string[]> {
  await client.settle();
  const mine = (it: Message): boolean =>
    ["1", "2", "45", "46"].includes(it[0] ?? "") ? it[2] === String(reqId) : false;
  const computed = (it: Message): boolean => it[0] === "21" && it[1] === String(reqId);
  return client.received.filter((it) => mine(it) || computed(it)).map((it) =>
    it[0] === "21" ? `21:${it[2]}=${it[4]}` : `${it[0]}:${it[3]}=${it[4]}`
  );
}

Deno.test("a streamed option gets bid and ask with sizes, each size as a tick of its own", async () => {
  await withGateway({}, async ({ connect }) => {
    const client = await connect();
    await client.send(...marketDataRequest(1, byConId(EA_CALL.conId)));
    assert.deepEqual(await ticksOf(client, 1), [
      "1:1=1.25",
      "2:0=10",
      "1:2=1.35",
      "2:3=20",
      "45:49=0",
    ]);
    const parameters = client.received.find((it) => it[0] === "81");
    assert.deepEqual(parameters, ["81", "1", "0.01", "9c0001", "3"]);
    assert.deepEqual(client.received.find((it) => it[0] === "58"), ["58", "1", "1", "1"]);
  });
});

Deno.test("a change is told once, and only what changed", async () => {
  await withGateway({}, async ({ connect, market }) => {
    const client = await connect();
    await client.send(...marketDataRequest(1, byConId(EA_CALL.conId)));
    await client.settle();
    client.received.length = 0;
    market.set(EA_CALL.conId, { bid: 1.26 });
    market.set(EA_CALL.conId, { bidSize: 12 });
    market.set(EA_CALL.conId, { bid: 1.26 });
    assert.deepEqual(await ticksOf(client, 1), ["1:1=1.26", "2:0=12"]);
  });
});

Deno.test("a bid that goes away is told as -1 with size 0", async () => {
  await withGateway({}, async ({ connect, market }) => {
    const client = await connect();
    await client.send(...marketDataRequest(1, byConId(EA_CALL.conId)));
    await client.settle();
    client.received.length = 0;
    market.set(EA_CALL.conId, { bid: null, bidSize: null });
    assert.deepEqual(await ticksOf(client, 1), ["1:1=-1", "2:0=0"]);
  });
});

Deno.test("a bid whose size is not known is a price with an unset size and no tick of its size", async () => {
  await withGateway({}, async ({ connect, market }) => {
    market.set(EA_CALL.conId, { bidSize: null });
    const client = await connect();
    await client.send(...marketDataRequest(1, byConId(EA_CALL.conId)));
    assert.deepEqual((await ticksOf(client, 1)).slice(0, 2), ["1:1=1.25", "1:2=1.35"]);
    const bid = client.received.find((it) => it[0] === "1" && it[3] === "1");
    assert.equal(bid?.[5], "9223372036854775807");
  });
});

Deno.test("an index has no bid and ask; an instrument without a quote has no tick at all", async () => {
  await withGateway({}, async ({ connect, market }) => {
    const client = await connect();
    await client.send(...marketDataRequest(1, byConId(SPX.conId)));
    assert.deepEqual(await ticksOf(client, 1), ["1:4=7500.25", "45:49=0"]);
    await client.send(...marketDataRequest(2, byConId(SPX_CALL.conId), "101"));
    assert.deepEqual(await ticksOf(client, 2), []);
    market.set(SPX_CALL.conId, { last: 30 });
    market.mute(SPX_CALL.conId);
    const told = await ticksOf(client, 2);
    assert.ok(told.includes("1:4=30") && told.includes("1:1=-1"), String(told));
  });
});

Deno.test("generics 100, 101, 104 and 106 bring volumes, open interest and volatilities", async () => {
  await withGateway({}, async ({ connect, market }) => {
    market.set(EA.conId, {
      callVolume: 1000,
      putVolume: 900,
      callOpenInterest: 5000,
      putOpenInterest: 4000,
      historicalVol: 0.25,
      impliedVol: 0.3,
    });
    const client = await connect();
    await client.send(...marketDataRequest(1, byConId(EA.conId), "100,101,104,106"));
    const told = await ticksOf(client, 1);
    for (
      const tick of ["2:29=1000", "2:30=900", "2:27=5000", "2:28=4000", "45:23=0.25", "45:24=0.3"]
    ) {
      assert.ok(told.includes(tick), `${tick} in ${told}`);
    }
    await client.send(...marketDataRequest(2, byConId(EA.conId)));
    const plain = await ticksOf(client, 2);
    assert.ok(!plain.some((tick) => /^(2:(27|28|29|30)|45:2[34])=/.test(tick)), String(plain));
  });
});

for (
  const [generic, expected] of [
    ["100", ["2:29=1", "2:30=2"]],
    ["101", ["2:27=3", "2:28=4"]],
    ["104", ["45:23=0.5"]],
    ["106", ["45:24=0.6"]],
  ] as const
) {
  Deno.test(`generic tick ${generic} brings ${expected} and nothing of the others`, async () => {
    await withGateway({}, async ({ connect, market }) => {
      market.set(SPX.conId, {
        callVolume: 1,
        putVolume: 2,
        callOpenInterest: 3,
        putOpenInterest: 4,
        historicalVol: 0.5,
        impliedVol: 0.6,
      });
      const client = await connect();
      await client.send(...marketDataRequest(1, byConId(SPX.conId), generic));
      assert.deepEqual(await ticksOf(client, 1), ["1:4=7500.25", "45:49=0", ...expected]);
    });
  });
}

Deno.test("open interest of an option is on its own side, 0 on the other", async () => {
  await withGateway({}, async ({ connect, market }) => {
    market.set(EA_CALL.conId, { callOpenInterest: 77 });
    market.set(EA_PUT.conId, { putOpenInterest: 88, callOpenInterest: 0 });
    const client = await connect();
    await client.send(...marketDataRequest(1, byConId(EA_CALL.conId), "101"));
    await client.send(...marketDataRequest(2, byConId(EA_PUT.conId), "101"));
    assert.deepEqual((await ticksOf(client, 1)).slice(-2), ["2:27=77", "2:28=0"]);
    assert.deepEqual((await ticksOf(client, 2)).slice(-2), ["2:27=0", "2:28=88"]);
  });
});

Deno.test("a computation that goes away is told with IB's none; one that never was is not told", async () => {
  await withGateway({}, async ({ connect, market }) => {
    const client = await connect();
    const model = { bid: null, ask: null, last: null, model: MODEL };
    market.set(EA_CALL.conId, { computations: model });
    await client.send(...marketDataRequest(1, byConId(EA_CALL.conId)));
    const first = (await ticksOf(client, 1)).filter((tick) => tick.startsWith("21"));
    assert.deepEqual(first, ["21:13=0.3"]);
    client.received.length = 0;
    market.set(EA_CALL.conId, { computations: null });
    assert.deepEqual(await ticksOf(client, 1), ["21:13=-1"]);
  });
});

for (
  const [asked, open, kind, bidTick, bid, modelTick] of [
    [1, true, "1", "1", "1.25", "13"],
    [1, false, "1", "1", "-1", "13"],
    [2, true, "1", "1", "1.25", "13"],
    [2, false, "2", "1", "1.25", "13"],
    [3, true, "3", "66", "1.25", "83"],
    [3, false, "3", "66", "-1", "83"],
    [4, true, "3", "66", "1.25", "83"],
    [4, false, "4", "66", "1.25", "83"],
  ] as const
) {
  const state = open ? "open" : "closed";
  Deno.test(`market data type ${asked} while ${state}: kind ${kind}, bid tick ${bidTick} = ${bid}`, async () => {
    await withGateway({}, async ({ connect, market }) => {
      market.open = open;
      market.set(EA_CALL.conId, {
        computations: { bid: null, ask: null, last: null, model: MODEL },
      });
      const client = await connect();
      await client.send(59, 1, asked);
      await client.send(...marketDataRequest(1, byConId(EA_CALL.conId)));
      const told = await ticksOf(client, 1);
      assert.ok(told.includes(`1:${bidTick}=${bid}`), String(told));
      assert.ok(told.includes(`21:${modelTick}=0.3`), String(told));
      assert.equal(client.received.find((it) => it[0] === "58")?.[3], kind);
    });
  });
}

Deno.test("closing the market by hand turns a frozen subscription over at once", async () => {
  await withGateway({}, async ({ connect, gateway }) => {
    const client = await connect();
    await client.send(59, 1, 4);
    await client.send(...marketDataRequest(1, byConId(EA_CALL.conId)));
    await client.settle();
    gateway.hours.force(OPEN);
    const kinds = async (): Promise<(string | undefined)[]> => {
      await client.settle();
      return client.received.filter((it) => it[0] === "58").map((it) => it[3]);
    };
    assert.deepEqual(await kinds(), ["3", "4"]);
    gateway.hours.force(null);
    assert.deepEqual(await kinds(), ["3", "4", "3"]);
  });
});

Deno.test("what was live is told again when it is frozen", async () => {
  await withGateway({}, async ({ connect, gateway }) => {
    const client = await connect();
    await client.send(59, 1, 2);
    await client.send(...marketDataRequest(1, byConId(EA_CALL.conId)));
    const live = await ticksOf(client, 1);
    client.received.length = 0;
    gateway.hours.force(OPEN);
    assert.deepEqual(await ticksOf(client, 1), live);
    assert.deepEqual(client.received[0], ["58", "1", "1", "2"]);
  });
});

Deno.test("a generic tick that is not legal fails the whole request with 321 and takes no line", async () => {
  await withGateway({ lineLimit: 1 }, async ({ connect, gateway }) => {
    const client = await connect();
    await client.send(...marketDataRequest(1, byConId(EA_CALL.conId), "101,999"));
    const [code, text] = await client.nextError(1);
    assert.equal(code, 321);
    assert.match(text, /Incorrect generic tick list of 101,999.*100\(Option Volume\)/);
    await client.send(59, 1, 3);
    await client.send(...marketDataRequest(2, byConId(EA_CALL.conId), "100"));
    assert.equal((await client.nextError(2))[0], 321);
    assert.equal(gateway.state().lines.used, 0);
  });
});

Deno.test("a request id in use is error 102; an unknown one cannot be cancelled: 300", async () => {
  await withGateway({}, async ({ connect, market }) => {
    const client = await connect();
    await client.send(...marketDataRequest(1, byConId(EA_CALL.conId)));
    await client.send(...marketDataRequest(1, byConId(EA_PUT.conId)));
    assert.equal((await client.nextError(1))[0], 102);
    await client.send(2, 2, 1);
    await client.settle();
    assert.equal(market.listeners, 0);
    await client.send(2, 1, 1);
    assert.deepEqual(await client.nextError(1), [300, "Can't find EId with tickerId:1"]);
  });
});

Deno.test("a line over the limit is error 101 for that request alone; a cancel frees one", async () => {
  await withGateway({ lineLimit: 2 }, async ({ connect }) => {
    const one = await connect({ clientId: 1 });
    const other = await connect({ clientId: 2 });
    await one.send(...marketDataRequest(1, byConId(EA.conId)));
    await one.settle();
    await other.send(...marketDataRequest(1, byConId(EA_CALL.conId)));
    await other.send(...marketDataRequest(2, byConId(EA_PUT.conId)));
    assert.deepEqual(await other.nextError(2), [101, "Max number of tickers has been reached"]);
    await one.send(2, 2, 1);
    await one.settle();
    await other.send(...marketDataRequest(3, byConId(EA_PUT.conId)));
    assert.ok((await ticksOf(other, 3)).length > 0);
  });
});

Deno.test("a disconnect frees the client's lines and listeners", async () => {
  await withGateway({ lineLimit: 1 }, async ({ connect, gateway, market, nextEnd }) => {
    const client = await connect({ clientId: 1 });
    await client.send(...marketDataRequest(1, byConId(EA.conId)));
    await client.settle();
    assert.equal(gateway.state().connections[0]?.lines, 1);
    const ended = nextEnd();
    await client.close();
    await ended;
    assert.equal(gateway.state().lines.used, 0);
    assert.equal(market.listeners, 0);
  });
});

Deno.test("a snapshot ends about 11 s after its request, then its id is unknown", async () => {
  const clock = manualClock(Date.UTC(2026, 6, 15, 14));
  const delays = { leastMs: 100, mostMs: 1600 };
  await withGateway({ clock, tickDelay: delays }, async ({ connect, gateway }) => {
    const client = await connect();
    await client.send(...marketDataRequest(1, byConId(EA_CALL.conId), "", 1));
    await client.settle();
    clock.advance(1600);
    assert.ok((await ticksOf(client, 1)).includes("1:1=1.25"));
    clock.advance(9_399);
    await client.settle();
    assert.ok(!client.received.some((it) => it[0] === "57"));
    assert.equal(gateway.state().lines.used, 1);
    clock.advance(1);
    await client.next((it) => it[0] === "57");
    assert.equal(gateway.state().lines.used, 0);
    await client.send(2, 2, 1);
    assert.equal((await client.nextError(1))[0], 300);
  });
});

Deno.test("a snapshot without delays has all its ticks before its end, and takes no generics", async () => {
  await withGateway({}, async ({ connect }) => {
    const client = await connect();
    await client.send(...marketDataRequest(1, byConId(EA_CALL.conId), "", 1));
    const before = await client.until((it) => it[0] === "57");
    assert.ok(before.some((it) => it[0] === "1" && it[3] === "2"));
    await client.send(...marketDataRequest(2, byConId(EA_CALL.conId), "101", 1));
    const [code, text] = await client.nextError(2);
    assert.equal(code, 321);
    assert.match(text, /not applicable to generic ticks/);
  });
});

Deno.test("ticks come within the delay: prices, then computations, then open interest", async () => {
  const clock = manualClock(Date.UTC(2026, 6, 15, 14));
  const delays = { leastMs: 100, mostMs: 1600 };
  await withGateway({ clock, tickDelay: delays }, async ({ connect, market }) => {
    market.set(EA_CALL.conId, {
      callOpenInterest: 5,
      computations: { bid: null, ask: null, last: null, model: MODEL },
    });
    const client = await connect();
    await client.send(...marketDataRequest(1, byConId(EA_CALL.conId), "101"));
    await client.settle();
    clock.advance(99);
    assert.deepEqual(await ticksOf(client, 1), []);
    for (let step = 0; step < 150; step++) clock.advance(10);
    clock.advance(1);
    const order = (await ticksOf(client, 1)).map((tick) => tick.split("=")[0]);
    assert.deepEqual(order.filter((tick) => ["1:1", "21:13", "2:27"].includes(tick ?? "")), [
      "1:1",
      "21:13",
      "2:27",
    ]);
  });
});

Deno.test("a cancelled request has no timer left", async () => {
  const clock = manualClock(Date.UTC(2026, 6, 15, 14));
  await withGateway(
    { clock, tickDelay: { leastMs: 100, mostMs: 1600 } },
    async ({ connect }) => {
      const client = await connect();
      await client.send(...marketDataRequest(1, byConId(EA_CALL.conId)));
      await client.settle();
      assert.equal(clock.pending, 3);
      await client.send(2, 2, 1);
      await client.settle();
      assert.equal(clock.pending, 0);
    },
  );
});

Deno.test("an option that never ticks is subscribed to and silent, and its underlying is not", async () => {
  await withGateway({ neverTicks: 1 }, async ({ connect }) => {
    const client = await connect();
    await client.send(...marketDataRequest(1, byConId(EA_CALL.conId)));
    await client.send(...marketDataRequest(2, byConId(EA.conId)));
    assert.deepEqual(await ticksOf(client, 1), []);
    assert.ok((await ticksOf(client, 2)).length > 0);
    assert.equal(client.received.filter((it) => it[0] === "4" && it[2] === "1").length, 0);
  });
});
