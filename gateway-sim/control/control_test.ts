import { strict as assert } from "node:assert";
import { systemClock } from "../../base/clock.ts";
import type { IsoDate } from "../../options/contract.ts";
import { silentLog } from "../../telemetry/log.ts";
import type { ReplayPosition, ReplayStep } from "../market/replay.ts";
import { type Gateway, startGateway } from "../server/gateway.ts";
import { RawClient } from "../test/raw_client.ts";
import { smallMarket } from "../test/small_market.ts";
import { answer, type ControlOptions, startControl } from "./control.ts";

const FILES = ["EA_1.json", "EA_2.json"];
const POSITION: ReplayPosition = { symbol: "EA", file: "EA_1.json", files: FILES };

/** A replay that remembers what it was asked. */
function replayOf(asked: ReplayStep[]): NonNullable<ControlOptions["replay"]> {
  return {
    positions: () => [POSITION],
    step(request) {
      asked.push(request);
      return request.file === "none"
        ? { ok: false, error: 'No file "none" in this replay', allowed: FILES }
        : { ok: true, moved: [{ ...POSITION, file: "EA_2.json" }] };
    },
  };
}

async function withOptions(
  over: Partial<ControlOptions>,
  body: (options: ControlOptions, gateway: Gateway) => Promise<void>,
): Promise<void> {
  const clock = systemClock();
  const gateway = startGateway({
    market: smallMarket(() => clock.nowMs()),
    clock,
    log: silentLog,
    hostname: "127.0.0.1",
    port: 0,
    messageLimit: 50,
    lineLimit: 100,
    clientLimit: 32,
    neverTicks: 0,
    tickDelay: { leastMs: 0, mostMs: 0 },
    serverVersion: 193,
    accounts: ["DU1234567"],
    seed: 1,
  });
  const symbols = [{
    ticker: "EA",
    name: "Electronic Arts",
    spot: 206.4,
    deal: { cash: 210, close: "2026-12-31" as IsoDate }, // a date that is one
  }];
  try {
    const options = { hostname: "127.0.0.1", port: 0, symbols: () => symbols, replay: null };
    await body({ gateway, clock, ...options, ...over }, gateway);
  } finally {
    await gateway.close();
  }
}

function call(method: string, path: string, body?: string): Request {
  return new Request(`http://127.0.0.1${path}`, {
    method,
    ...(body === undefined ? {} : { body }),
  });
}

Deno.test("GET / lists the calls, GET /symbols the underlyings with their deals", async () => {
  await withOptions({}, async (options) => {
    const { calls } = await (await answer(options, call("GET", "/"))).json();
    assert.ok(Object.keys(calls).includes("POST /replay/step"));
    const { symbols } = await (await answer(options, call("GET", "/symbols"))).json();
    assert.deepEqual(symbols, [{
      ticker: "EA",
      name: "Electronic Arts",
      spot: 206.4,
      deal: { cash: 210, close: "2026-12-31" },
    }]);
  });
});

Deno.test("GET /state tells connections with versions, message counts and errors sent", async () => {
  await withOptions({}, async (options, gateway) => {
    const client = await RawClient.connect(gateway.port, { versions: "v157..178", clientId: 42 });
    await client.settle();
    await client.send(9999);
    await client.nextError(-1);
    await client.settle();
    const state = await (await answer(options, call("GET", "/state"))).json();
    assert.equal(state.market, "synthetic");
    assert.equal(state.messageLimit, 50);
    assert.deepEqual(state.lines, { used: 0, peak: 0, limit: 100 });
    const [connection] = state.connections;
    assert.equal(connection.clientId, 42);
    assert.equal(connection.serverVersion, 178);
    assert.equal(connection.messages.total, 4);
    assert.deepEqual(connection.errors, { 320: 1, 2104: 1, 2106: 1, 2158: 1 });
    await client.close();
  });
});

Deno.test("POST /market opens and closes the market and gives it back", async () => {
  await withOptions({}, async (options, gateway) => {
    for (const open of [false, true, null]) {
      const response = await answer(options, call("POST", "/market", JSON.stringify({ open })));
      assert.deepEqual(await response.json(), { open });
      assert.equal(gateway.hours.forced, open);
    }
  });
});

Deno.test("POST /replay/step steps all, one symbol or to a file; an empty body is all", async () => {
  const asked: ReplayStep[] = [];
  await withOptions({ replay: replayOf(asked) }, async (options) => {
    for (const body of ["", "{}", '{"symbol":"EA"}', '{"file":"EA_2.json"}']) {
      const response = await answer(options, call("POST", "/replay/step", body));
      assert.equal(response.status, 200);
      assert.equal((await response.json()).moved[0].file, "EA_2.json");
    }
    assert.deepEqual(asked, [{}, {}, { symbol: "EA" }, { file: "EA_2.json" }]);
    const { market, replay } = await (await answer(options, call("GET", "/state"))).json();
    assert.equal(market, "replay");
    assert.deepEqual(replay, [POSITION]);
  });
});

for (
  const [what, method, path, body, status, message] of [
    ["a step of the made-up market", "POST", "/replay/step", "{}", 409, /needs --replay/],
    ["a call that is none", "GET", "/nothing", undefined, 404, /No such call: GET \/nothing/],
    ["a method that is none", "DELETE", "/state", undefined, 404, /No such call: DELETE/],
    ["a body that is not JSON", "POST", "/market", "{open", 400, /not JSON: '\{open'/],
    ["a wrong field", "POST", "/market", '{"open":"yes"}', 400, /boolean/],
    ["an unknown field", "POST", "/replay/step", '{"symbole":"EA"}', 400, /symbole/],
  ] as const
) {
  Deno.test(`${what} is refused with ${status} as problem details`, async () => {
    await withOptions({}, async (options) => {
      const response = await answer(options, call(method, path, body));
      assert.equal(response.status, status);
      assert.equal(response.headers.get("content-type"), "application/problem+json");
      assert.match((await response.json()).error, message);
    });
  });
}

Deno.test("a step to what the replay has not says what it has", async () => {
  await withOptions({ replay: replayOf([]) }, async (options) => {
    const response = await answer(options, call("POST", "/replay/step", '{"file":"none"}'));
    assert.equal(response.status, 400);
    const { error, allowed } = await response.json();
    assert.match(error, /No file "none"/);
    assert.deepEqual(allowed, FILES);
  });
});

Deno.test("startControl() listens and answers over HTTP", async () => {
  await withOptions({}, async (options) => {
    const control = startControl(options);
    const response = await fetch(`http://127.0.0.1:${control.port}/state`);
    assert.equal((await response.json()).market, "synthetic");
    await control.close();
  });
});

Deno.test("faults are switched on, listed and switched off by the control API", async () => {
  await withOptions({}, async (options, gateway) => {
    const on = await answer(
      options,
      call("POST", "/faults", '[{"fault":"mute","symbol":"EA"},{"fault":"refuse","seconds":60}]'),
    );
    assert.deepEqual([on.status, await on.json()], [201, { ids: [1, 2] }]);
    const { faults } = await (await answer(options, call("GET", "/faults"))).json();
    assert.deepEqual([faults[0].fault, faults[0].symbol, faults[1].seconds], ["mute", "EA", 60]);
    const one = await answer(options, call("DELETE", "/faults/1"));
    assert.equal(one.status, 200);
    const none = await answer(options, call("DELETE", "/faults/1"));
    assert.deepEqual([none.status, (await none.json()).error], [
      404,
      "No fault 1 is on; there are: 2",
    ]);
    assert.deepEqual(await (await answer(options, call("DELETE", "/faults"))).json(), { ended: 1 });
    assert.equal(gateway.faults.list().length, 0);
  });
});

Deno.test("a wrong fault switches nothing on, and says what is allowed", async () => {
  await withOptions({}, async (options, gateway) => {
    const cases: readonly [string, RegExp][] = [
      ['{"fault":"mute"', /not JSON/],
      ["{}", /names no fault; there are: drop, deaf/],
      ['[{"fault":"mute"},{"fault":"earthquake"}]', /'earthquake' is no fault/],
      ['{"fault":"farm","code":999}', /expected one of|Invalid/],
      ['{"fault":"mute","seconds":-1}', /Too small/],
    ];
    for (const [body, expected] of cases) {
      const response = await answer(options, call("POST", "/faults", body));
      assert.equal(response.status, 400);
      assert.match((await response.json()).error, expected);
    }
    assert.equal(gateway.faults.list().length, 0);
  });
});
