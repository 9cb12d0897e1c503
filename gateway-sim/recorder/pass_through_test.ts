import { strict as assert } from "node:assert";
import fc from "fast-check";
import { RawClient } from "../test/raw_client.ts";
import { byConId, marketDataRequest, withGateway } from "../test/gateway_for_test.ts";
import { EA_CALL } from "../test/small_market.ts";
import { frame } from "../wire/framing.ts";
import type { RecordLine } from "./record.ts";
import { local, withRecorder } from "./test/recording.ts";

const API = new TextEncoder().encode("API\0");

async function readAll(socket: Deno.TcpConn): Promise<Uint8Array> {
  return new Uint8Array(await new Response(socket.readable).arrayBuffer());
}

async function writeAll(socket: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await socket.write(bytes.subarray(at));
}

async function writePieces(
  socket: Deno.TcpConn,
  bytes: Uint8Array,
  sizes: readonly number[],
): Promise<void> {
  let at = 0;
  for (const size of sizes) {
    await writeAll(socket, bytes.subarray(at, at + size));
    at += size;
  }
  await writeAll(socket, bytes.subarray(at));
  await socket.closeWrite();
}

function framesOf(lines: readonly RecordLine[], from: "client" | "gateway"): RecordLine[] {
  return lines.filter((line) => "from" in line && line.from === from && "fields" in line);
}

Deno.test("every byte arrives on both sides as it was sent, however it is cut, and every frame is recorded", async () => {
  const bodies = fc.array(fc.string({ maxLength: 3_000 }).map((text) => `${text}\0`), {
    maxLength: 20,
  });
  const sizes = fc.array(fc.integer({ min: 1, max: 4_000 }), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(bodies, bodies, sizes, sizes, async (asked, said, askedSizes, saidSizes) => {
      const gatewaySide = Deno.listen(local(0));
      try {
        await withRecorder(gatewaySide.addr.port, async ({ recorder, finish }) => {
          const toGateway = new Uint8Array([
            ...API,
            ...frame("v100..193"),
            ...asked.flatMap((body) => [...frame(body)]),
          ]);
          const toClient = new Uint8Array([
            ...frame("193\x0020261121 09:30:00 EST\0"),
            ...said.flatMap((body) => [...frame(body)]),
          ]);
          const client = await Deno.connect(local(recorder.port));
          const gateway = await gatewaySide.accept();
          const [, , atGateway, atClient] = await Promise.all([
            writePieces(client, toGateway, askedSizes),
            writePieces(gateway, toClient, saidSizes),
            readAll(gateway),
            readAll(client),
          ]);
          assert.deepEqual(atGateway, toGateway);
          assert.deepEqual(atClient, toClient);
          const lines = await finish();
          assert.equal(framesOf(lines, "client").length, asked.length);
          assert.equal(framesOf(lines, "gateway").length, 1 + said.length);
        });
      } finally {
        gatewaySide.close();
      }
    }),
    { numRuns: 25 },
  );
});

Deno.test("a session with the gateway is recorded in both directions, and no account number with it", async () => {
  const accounts = ["DU7654321", "U2468135"];
  await withGateway({ accounts }, async ({ gateway }) => {
    await withRecorder(gateway.port, async ({ recorder, path, finish }) => {
      const client = await RawClient.connect(recorder.port);
      const managed = await client.next(([kind]) => kind === "15");
      assert.equal(managed[2], accounts.join(","), "the client gets its own accounts");
      await client.send(61, 1);
      await client.next(([kind]) => kind === "62");
      await client.send(62, 1, 9_001, "All", "NetLiquidation");
      await client.next(([kind]) => kind === "64");
      await client.send(6, 2, 1, accounts[0] ?? "");
      await client.next(([kind]) => kind === "54");
      await client.send(76, 1, 9_002, "U9999999", "", 1);
      assert.match((await client.nextError(9_002))[1], /U9999999/);
      await client.send(...marketDataRequest(1, byConId(EA_CALL.conId)));
      await client.next(([kind]) => kind === "2");
      await client.close();
      const lines = await finish();
      const text = await Deno.readTextFile(path);
      for (const account of [...accounts, "U9999999"]) {
        assert.ok(!text.includes(account), `${account} is in the record`);
      }
      const kinds = framesOf(lines, "gateway").map((line) =>
        "fields" in line ? line.fields[0] : ""
      );
      for (
        const kind of ["193", "15", "9", "61", "62", "63", "64", "6", "7", "54", "4", "1", "2"]
      ) {
        assert.ok(kinds.includes(kind), `message ${kind} is recorded`);
      }
      assert.ok(text.includes('"DU0000001,U0000002"'));
    });
  });
});

Deno.test("each of many clients at once is a numbered connection of its own", async () => {
  await withGateway({}, async ({ gateway }) => {
    await withRecorder(gateway.port, async ({ recorder, finish }) => {
      await Promise.all(Array.from({ length: 12 }, async (_, index) => {
        const client = await RawClient.connect(recorder.port, { clientId: 50 + index });
        await client.settle();
        await client.close();
      }));
      const lines = await finish();
      const byConnection = Map.groupBy(lines, (line) => line.connection);
      assert.deepEqual(
        [...byConnection.keys()].sort((a, b) => a - b),
        [...Array(13).keys()].slice(1),
      );
      const ids = [...byConnection.values()].map((one) => {
        const start = one.find((line) => "fields" in line && line.fields[0] === "71");
        assert.deepEqual(one.at(0), { ...one.at(0), event: "opened" });
        return start && "fields" in start ? Number(start.fields[2]) : 0;
      });
      assert.deepEqual(ids.sort(), Array.from({ length: 12 }, (_, index) => 50 + index));
    });
  });
});

Deno.test("a client that does not read slows the gateway down: nothing is kept for it", async () => {
  const gatewaySide = Deno.listen(local(0));
  await withRecorder(gatewaySide.addr.port, async ({ recorder, finish }) => {
    const client = await Deno.connect(local(recorder.port));
    const gateway = await gatewaySide.accept();
    const block = frame(`${"x".repeat(1 << 16)}\0`);
    // More than the buffers of all sockets between hold.
    const most = 600;
    let written = 0;
    const writing = (async () => {
      await writeAll(gateway, frame("193\0time\0"));
      for (; written < most; written++) await writeAll(gateway, block);
      await gateway.closeWrite();
    })();
    // It stands still as soon as the buffers are full.
    let before = -1;
    while (written !== before) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    assert.ok(written < most, `${written} blocks were taken from the gateway for nobody`);
    const received = await readAll(client);
    await writing;
    assert.equal(received.length, frame("193\0time\0").length + most * block.length);
    gateway.close();
    assert.equal(framesOf(await finish(), "gateway").length, most + 1);
  });
  gatewaySide.close();
});

Deno.test("one side may send on after the other has ended", async () => {
  const gatewaySide = Deno.listen(local(0));
  await withRecorder(gatewaySide.addr.port, async ({ recorder, finish }) => {
    const client = await Deno.connect(local(recorder.port));
    const gateway = await gatewaySide.accept();
    await writeAll(client, new Uint8Array([...API, ...frame("v100..193")]));
    await client.closeWrite();
    let asked = 0;
    for (let count = 0; count !== null; count = await gateway.read(new Uint8Array(99)) ?? -1) {
      if (count < 0) break;
      asked += count;
    }
    assert.equal(asked, API.length + frame("v100..193").length);
    await writeAll(gateway, frame("193\0time\0"));
    await gateway.closeWrite();
    assert.deepEqual(await readAll(client), frame("193\0time\0"));
    gateway.close();
    const ended = (await finish()).filter((line) => "event" in line && line.event === "ended");
    assert.deepEqual(ended.map((line) => "from" in line ? line.from : ""), ["client", "gateway"]);
  });
  gatewaySide.close();
});

Deno.test("a gateway that is not there ends the client at once, and the record says so without its address", async () => {
  const listener = Deno.listen(local(0));
  const { port } = listener.addr;
  listener.close();
  await withRecorder(port, async ({ recorder, path, finish }) => {
    const client = await Deno.connect(local(recorder.port));
    assert.equal((await readAll(client)).length, 0);
    const [, failed] = await finish();
    assert.deepEqual(failed, {
      ...failed,
      event: "failed",
      from: "gateway",
      reason: "cannot be connected to",
    });
    assert.ok(!(await Deno.readTextFile(path)).includes(String(port)));
  });
});

Deno.test("a client that speaks no TWS API is passed on, and nothing of what it says is recorded", async () => {
  const gatewaySide = Deno.listen(local(0));
  await withRecorder(gatewaySide.addr.port, async ({ recorder, path, finish }) => {
    const client = await Deno.connect(local(recorder.port));
    const gateway = await gatewaySide.accept();
    await writeAll(client, new TextEncoder().encode("GET /secret HTTP/1.1\r\n\r\n"));
    await client.closeWrite();
    assert.match(new TextDecoder().decode(await readAll(gateway)), /^GET \/secret/);
    client.close();
    await finish();
    const text = await Deno.readTextFile(path);
    assert.match(text, /not recorded from here on: the client does not begin with 'API'/);
    assert.ok(!text.includes("secret"));
  });
  gatewaySide.close();
});

Deno.test("a recorder that ends closes what is open and leaves a whole record", async () => {
  await withGateway({}, async ({ gateway, nextEnd }) => {
    await withRecorder(gateway.port, async ({ recorder, finish }) => {
      const client = await RawClient.connect(recorder.port);
      await client.settle();
      const ended = nextEnd();
      const lines = await finish();
      await Promise.all([client.ended, ended]);
      assert.ok(lines.length > 6);
    });
  });
});
