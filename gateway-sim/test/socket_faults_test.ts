/** Faults of sockets, each seen by a client: it strikes, and all is well after its end. */
import { strict as assert } from "node:assert";
import type { FaultText } from "../faults/fault.ts";
import { fault } from "../faults/fault.ts";
import type { Gateway } from "../server/gateway.ts";
import { byConId, marketDataRequest, withGateway } from "./gateway_for_test.ts";
import { handshake, RawClient } from "./raw_client.ts";
import { EA } from "./small_market.ts";

const on = (gateway: Gateway, text: FaultText): number => gateway.faults.add(fault.parse(text));

/** Polls until it holds. */
async function until(holds: () => boolean, what: string): Promise<void> {
  const endMs = performance.now() + 5_000;
  while (!holds()) {
    assert.ok(performance.now() < endMs, `never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Connects until nobody listens: the system lets go of a listener a moment after it was closed. */
async function untilRefused(port: number): Promise<void> {
  for (const endMs = performance.now() + 5_000; performance.now() < endMs;) {
    try {
      await (await RawClient.open(port)).close();
    } catch (error) {
      if (error instanceof Deno.errors.ConnectionRefused) return;
      if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
    }
  }
  assert.fail("somebody listens");
}

/** Whether something is answered within so long. */
async function answers(client: RawClient, withinMs = 150): Promise<boolean> {
  await client.send(49, 1);
  const answer = client.next((message) => message[0] === "49").then(() => "answered", () => "end");
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve("late"), withinMs);
  });
  const first = await Promise.race([answer, late]);
  clearTimeout(timer);
  return first === "answered";
}

Deno.test("drop ends connections, once or again and again, and new ones are well", async () => {
  await withGateway({}, async ({ gateway, connect }) => {
    const [one, other] = [await connect({ clientId: 1 }), await connect({ clientId: 2 })];
    on(gateway, { fault: "drop", clientId: 1 });
    await one.ended;
    assert.ok(await answers(other), "it strikes the one that is named");
    await until(() => gateway.faults.list().length === 0, "it ends by itself");
    const again = on(gateway, { fault: "drop", everySeconds: 0.02 });
    await other.ended;
    await (await connect({ clientId: 3 })).ended;
    gateway.faults.end(again);
    const last = await connect({ clientId: 4 });
    assert.ok(await answers(last));
  });
});

Deno.test("a deaf gateway takes connections and says nothing, to open ones for good", async () => {
  await withGateway({}, async ({ gateway, connect }) => {
    const open = await connect();
    const id = on(gateway, { fault: "deaf", from: "now" });
    assert.ok(!await answers(open));
    const knocking = await RawClient.open(gateway.port);
    await knocking.write(handshake("v100..193"));
    assert.ok(!await answers(knocking));
    gateway.faults.end(id);
    assert.ok(!await answers(open), "a socket that was deaf stays so");
    assert.ok(await answers(await connect({ clientId: 2 })));
    await knocking.close();
  });
});

Deno.test("a gateway that is deaf after the handshake says hello and then nothing", async () => {
  await withGateway({}, async ({ gateway, connect }) => {
    const before = await connect({ clientId: 1 });
    on(gateway, { fault: "deaf", from: "handshake", clientId: 2 });
    const struck = await connect({ clientId: 2 });
    await struck.next((message) => message[0] === "9");
    assert.ok(!await answers(struck));
    assert.ok(await answers(before));
    assert.ok(await answers(await connect({ clientId: 3 })), "and nobody else");
  });
});

Deno.test("a half-open client keeps its ID and its lines until it is noticed", async () => {
  await withGateway({ lineLimit: 1 }, async ({ gateway, connect }) => {
    const id = on(gateway, { fault: "half_open", lingerSeconds: 0.2 });
    const gone = await connect({ clientId: 7 });
    await gone.send(...marketDataRequest(1, byConId(EA.conId)));
    await gone.settle();
    await gone.close();
    await until(() => gateway.state().clients.ids[0]?.lingersSeconds !== null, "it lingers");
    assert.equal(gateway.state().lines.used, 1);
    assert.deepEqual(gateway.state().violations.counts, { leaked_lines: 1 });
    const back = await connect({ clientId: 7 });
    assert.equal((await back.nextError(-1))[0], 326);
    const other = await connect({ clientId: 8 });
    await other.send(...marketDataRequest(1, byConId(EA.conId)));
    assert.equal((await other.nextError(1))[0], 101, "the line is taken, too");
    await until(() => gateway.state().lines.used === 0, "the line is free");
    gateway.faults.end(id);
    assert.ok(await answers(await connect({ clientId: 7 })));
  });
});

Deno.test("id_taken refuses the client IDs that it names", async () => {
  await withGateway({}, async ({ gateway, connect }) => {
    on(gateway, { fault: "id_taken", clientIds: [5] });
    assert.equal((await (await connect({ clientId: 5 })).nextError(-1))[0], 326);
    assert.ok(await answers(await connect({ clientId: 6 })));
    assert.deepEqual(gateway.state().violations.counts, {}, "nobody is to blame");
  });
});

Deno.test("a gateway that refuses does not listen, and does again on the same port", async () => {
  await withGateway({}, async ({ gateway, connect }) => {
    const open = await connect({ clientId: 1 });
    const [one, two] = [on(gateway, { fault: "refuse" }), on(gateway, { fault: "refuse" })];
    await untilRefused(gateway.port);
    assert.ok(await answers(open), "open connections stay");
    gateway.faults.end(one);
    await untilRefused(gateway.port);
    gateway.faults.end(two);
    assert.ok(await answers(await connect({ clientId: 2 })));
  });
});

Deno.test("a restart says 1100, drops all, refuses for its time, and is over", async () => {
  await withGateway({}, async ({ gateway, connect }) => {
    const open = await connect({ clientId: 1 });
    on(gateway, { fault: "restart", refuseSeconds: 0.2 });
    assert.equal((await open.next((it) => it[0] === "4" && it[3] === "1100"))[0], "4");
    await open.ended;
    await untilRefused(gateway.port);
    await until(() => gateway.faults.list().length === 0, "it is over");
    assert.ok(await answers(await connect({ clientId: 1 })));
  });
});

Deno.test("a restart into a login that waits for its second factor is deaf until it is ended", async () => {
  await withGateway({}, async ({ gateway, connect }) => {
    const id = on(gateway, { fault: "restart", refuseSeconds: 0.05, then: "login_2fa" });
    await until(() => gateway.faults.list().length === 1, "it is on");
    let knocking: RawClient | undefined;
    for (const endMs = performance.now() + 5_000; !knocking && performance.now() < endMs;) {
      await new Promise((resolve) => setTimeout(resolve, 120));
      knocking = await RawClient.open(gateway.port).catch(() => undefined);
    }
    assert.ok(knocking);
    await knocking.write(handshake("v100..193"));
    assert.ok(!await answers(knocking));
    await knocking.close();
    assert.ok(gateway.faults.end(id));
    assert.ok(await answers(await connect({ clientId: 1 })));
  });
});

Deno.test("a port change says 1300 and drops the connection", async () => {
  await withGateway({}, async ({ gateway, connect }) => {
    const open = await connect();
    on(gateway, { fault: "port_changed" });
    assert.equal((await open.next((it) => it[0] === "4" && it[3] === "1300"))[3], "1300");
    await open.ended;
  });
});

for (const how of ["split", "coalesce", "one_byte"] as const) {
  Deno.test(`messages are whole when their bytes leave ${how}`, async () => {
    await withGateway({}, async ({ gateway, connect }) => {
      on(gateway, { fault: "segments", how });
      const client = await connect({ pieceBytes: 1 });
      await client.send(...marketDataRequest(1, byConId(EA.conId)));
      const bid = await client.next((it) => it[0] === "1" && it[3] === "1");
      assert.equal(bid[4], "202.4");
      await client.settle();
    });
  });
}

Deno.test("a slow reader answers late, and all of it", async () => {
  await withGateway({}, async ({ gateway, connect }) => {
    const client = await connect();
    on(gateway, { fault: "slow_reader", bytesPerSecond: 100 });
    // The read that waits already takes what comes first.
    await client.settle();
    const startMs = performance.now();
    for (let at = 0; at < 5; at++) await client.send(49, 1);
    for (let at = 0; at < 5; at++) await client.next((message) => message[0] === "49");
    const tookMs = performance.now() - startMs;
    assert.ok(tookMs > 300, `45 bytes took ${tookMs} ms`);
  });
});

Deno.test("a false warning of the message rate comes without a reason", async () => {
  await withGateway({ messageLimit: 50 }, async ({ gateway, connect }) => {
    const client = await connect();
    on(gateway, { fault: "rate_warning", times: 1 });
    await client.send(49, 1);
    const [code, text] = await client.nextError(0);
    assert.deepEqual([code, text.includes("Approaching max rate")], [0, true]);
    assert.ok(await answers(client));
  });
});

Deno.test("the 33rd client is closed without a word, and comes in when another leaves", async () => {
  await withGateway({ clientLimit: 32 }, async ({ gateway, connect }) => {
    const clients: RawClient[] = [];
    for (let clientId = 0; clientId < 32; clientId++) clients.push(await connect({ clientId }));
    const late = await RawClient.open(gateway.port);
    await late.ended;
    assert.equal(gateway.state().clients.refused, 1);
    await clients[0]?.close();
    await until(() => gateway.state().connections.length === 31, "one has left");
    assert.ok(await answers(await connect({ clientId: 99 })));
  });
});

Deno.test("state() tells what clients did wrong, and the peaks of those that left", async () => {
  await withGateway({ messageLimit: 3 }, async ({ gateway, connect }) => {
    const early = await RawClient.open(gateway.port);
    await early.write(handshake("v100..193"));
    await early.send(49, 1);
    await early.nextError(-1);
    await early.close();
    const first = await connect({ clientId: 1 });
    const second = await connect({ clientId: 1 });
    await second.ended;
    for (let at = 0; at < 12; at++) await first.send(2, 1, 77);
    await first.ended;
    const { violations, peakPerSecond } = gateway.state();
    assert.equal(violations.counts["too_early"], 1);
    assert.equal(violations.counts["id_in_use"], 1);
    assert.ok((violations.counts["unknown_cancel"] ?? 0) > 0);
    assert.ok((violations.counts["message_rate"] ?? 0) > 0);
    assert.ok((peakPerSecond[1] ?? 0) >= 9, JSON.stringify(peakPerSecond));
    const last = violations.last.at(-1);
    assert.deepEqual([last?.clientId, last?.kind], [1, "message_rate"]);
  });
});
