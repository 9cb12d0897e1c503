/** Limits and abuse over real sockets: too many messages, slow readers, bytes that mean nothing. */
import { strict as assert } from "node:assert";
import fc from "fast-check";
import { manualClock } from "../../base/clock.ts";
import { encodeFields } from "../wire/fields.ts";
import { ByteQueue, frame, takeFrame } from "../wire/framing.ts";
import { type Bench, byConId, marketDataRequest, withGateway } from "./gateway_for_test.ts";
import { handshake, type Message, RawClient } from "./raw_client.ts";
import { EA_CALL } from "./small_market.ts";

function requests(count: number): Uint8Array {
  const one = [...frame(encodeFields(8, 1, 1))];
  return new Uint8Array(Array.from({ length: count }, () => one).flat());
}

Deno.test("too many messages: a warning, error 100 for each one refused, then the end", async () => {
  const clock = manualClock();
  await withGateway({ clock, messageLimit: 50 }, async ({ connect }) => {
    const client = await connect();
    await client.next((it) => it[0] === "9");
    await client.write(requests(100));
    const [warning, text] = await client.nextError(0);
    assert.equal(warning, 0);
    assert.match(text, /^Warning: Approaching max rate of 50 messages per second \(\d+\)$/);
    const isRefusal = (it: Message): boolean => it[3] === "100";
    const answers = await client.until(isRefusal);
    assert.equal(answers.filter((it) => it[0] === "9").length, 49, "startApi was the first of 50");
    await client.next((it) => isRefusal(it) && it[4]?.includes("rec=56") === true);
    clock.advance(700);
    await client.ended;
    assert.equal(
      client.received.filter(isRefusal).length,
      4,
      "of six: the first and last are taken",
    );
    assert.ok(!client.received.some((it) => it[0] === "9"));
  });
});

Deno.test("a client that connects with +PACEAPI is held back instead", async () => {
  const clock = manualClock();
  await withGateway({ clock, messageLimit: 50 }, async ({ connect, gateway }) => {
    const client = await connect({ versions: "v100..193 +PACEAPI" });
    await client.next((it) => it[0] === "9");
    await client.write(requests(99));
    const answered = async (count: number): Promise<void> => {
      for (let index = 0; index < count; index++) await client.next((it) => it[0] === "9");
    };
    await answered(45);
    assert.equal(gateway.state().connections[0]?.messages.total, 46);
    clock.advance(1000);
    await answered(46);
    clock.advance(1000);
    await answered(8);
    assert.ok(!client.received.some((it) => it[3] === "100"));
    assert.equal(gateway.state().connections[0]?.messages.peakPerSecond, 46);
  });
});

Deno.test("a reader that stops reading holds no more than a few MiB, and gets the newest when it reads", async () => {
  await withGateway({}, async ({ gateway, market }) => {
    const socket = await Deno.connect({ hostname: "127.0.0.1", port: gateway.port });
    const send = async (bytes: Uint8Array): Promise<void> => {
      for (let at = 0; at < bytes.length;) at += await socket.write(bytes.subarray(at));
    };
    await send(handshake("v100..193"));
    await send(frame(encodeFields(71, 2, 1, "")));
    for (let reqId = 1; reqId <= 200; reqId++) {
      await send(frame(encodeFields(...marketDataRequest(reqId, byConId(EA_CALL.conId)))));
    }
    const other = await RawClient.connect(gateway.port, { clientId: 2 });
    await other.settle();
    // 200 lines × 5,000 changes are about 50 MB; what is not read in time is never made.
    for (let change = 1; change <= 5_000; change++) {
      market.set(EA_CALL.conId, { bid: 1 + change / 10_000 });
    }
    market.set(EA_CALL.conId, { bid: 9.99 });
    await other.settle();
    let received = 0;
    const buffer = new Uint8Array(1 << 16);
    const queue = new ByteQueue();
    const newest = new Set<string>();
    while (newest.size < 200) {
      const count = await socket.read(buffer) ?? 0;
      assert.ok(count > 0);
      received += count;
      queue.push(buffer.subarray(0, count));
      for (let body = takeFrame(queue); body; body = takeFrame(queue)) {
        const [id, , reqId = "", tickType, price] = new TextDecoder().decode(body).split("\0");
        if (id === "1" && tickType === "1" && price === "9.99") newest.add(reqId);
      }
    }
    assert.ok(received < 16 << 20, `${received} bytes were kept`);
    socket.close();
    await other.close();
  });
});

/** A client that asks `count` times for an account and does not read. Resolves when the gateway waits for it. */
async function deafClient(
  { gateway, connect }: Bench,
  first: readonly Uint8Array[],
  count: number,
): Promise<
  { readonly socket: Deno.TcpConn; readonly written: Promise<void>; readonly taken: number }
> {
  const socket = await Deno.connect({ hostname: "127.0.0.1", port: gateway.port });
  const request = frame(encodeFields(76, 1, 7, "", "", 0));
  const start = [handshake("v100..193"), frame(encodeFields(71, 2, 1, "")), ...first];
  const written = (async () => {
    for (const bytes of [...start, ...Array.from({ length: count }, () => request)]) {
      for (let at = 0; at < bytes.length;) at += await socket.write(bytes.subarray(at));
    }
  })();
  const witness = await connect({ clientId: 2 });
  let [before, taken] = [-1, 0];
  while (taken > before) {
    for (let turn = 0; turn < 20; turn++) await witness.settle();
    before = taken;
    taken = gateway.state().connections.find((it) => it.clientId === 1)?.messages.total ?? 0;
  }
  return { socket, written, taken };
}

/** Reads messages and shows the id of each until one is enough. */
async function readUntil(socket: Deno.TcpConn, enough: (id: string) => boolean): Promise<void> {
  const buffer = new Uint8Array(1 << 16);
  const queue = new ByteQueue();
  let over = false;
  while (!over) {
    queue.push(buffer.subarray(0, await socket.read(buffer) ?? 0));
    for (let body = takeFrame(queue); body; body = takeFrame(queue)) {
      const end = body.indexOf(0);
      over ||= enough(new TextDecoder().decode(body.subarray(0, end)));
    }
  }
}

const FLOOD = 20_000;

Deno.test("requests of a client that does not read wait unread, and are all answered when it reads", async () => {
  await withGateway({}, async (bench) => {
    const { socket, written, taken } = await deafClient(bench, [], FLOOD);
    assert.ok(taken < FLOOD / 2, `${taken} requests were answered into nothing`);
    let answered = 0;
    await readUntil(socket, (id) => id === "74" && ++answered === FLOOD);
    await written;
    socket.close();
  });
});

Deno.test("a snapshot of a client that does not read has its ticks before its end", async () => {
  const clock = manualClock(Date.UTC(2026, 6, 15, 14));
  const delays = { leastMs: 100, mostMs: 1600 };
  await withGateway({ clock, tickDelay: delays }, async (bench) => {
    const snapshot = frame(encodeFields(...marketDataRequest(1, byConId(EA_CALL.conId), "", 1)));
    const { socket, written } = await deafClient(bench, [snapshot], FLOOD);
    clock.advance(11_000);
    let answered = 0;
    const ids: string[] = [];
    await readUntil(socket, (id) => {
      if (id === "1" || id === "57") ids.push(id);
      return id === "74" && ++answered === FLOOD;
    });
    assert.deepEqual(ids, ["1", "1", "57"]);
    await written;
    socket.close();
  });
});

Deno.test("no bytes whatever stop the gateway", async () => {
  await withGateway({}, async ({ gateway, connect }) => {
    const witness = await connect({ clientId: 99 });
    const prefix = fc.constantFrom<Uint8Array>(
      new Uint8Array(),
      handshake("v100..193"),
      new Uint8Array([...handshake("v100..178"), ...frame(encodeFields(71, 2, 5, ""))]),
    );
    const garbage = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.array(fc.string({ maxLength: 12 }), { maxLength: 30 }).map((it) => frame(it.join("\0"))),
      fc.tuple(fc.integer({ min: 0, max: 110 }), fc.array(fc.string({ maxLength: 6 })))
        .map(([id, fields]) => frame(encodeFields(id, ...fields))),
    );
    await fc.assert(
      fc.asyncProperty(prefix, fc.array(garbage, { maxLength: 6 }), async (start, pieces) => {
        const client = await RawClient.open(gateway.port);
        try {
          for (const piece of [start, ...pieces]) await client.write(piece);
        } catch (error) {
          // The gateway may end such a connection at any point.
          assert.ok(error instanceof Error);
        }
        await client.close();
        await witness.settle();
      }),
      { numRuns: 200 },
    );
  });
});

Deno.test("a client that is no TWS client is disconnected at its first byte", async () => {
  await withGateway({}, async ({ gateway }) => {
    const client = await RawClient.open(gateway.port);
    await client.write(new TextEncoder().encode("GET / HTTP/1.1\r\n"));
    await client.ended;
    assert.deepEqual(client.received, []);
  });
});

Deno.test("a frame longer than the protocol allows ends the connection", async () => {
  await withGateway({}, async ({ connect }) => {
    const client = await connect();
    await client.write(new Uint8Array([0x7f, 0xff, 0xff, 0xff]));
    await client.ended;
  });
});
