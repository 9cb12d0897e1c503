/** The gateway over real sockets, with a raw client that shows each field. */
import { strict as assert } from "node:assert";
import { manualClock } from "../../base/clock.ts";
import { encodeFields } from "../wire/fields.ts";
import { frame } from "../wire/framing.ts";
import {
  byConId,
  detailsRequest,
  marketDataRequest,
  stock,
  withGateway,
} from "./gateway_for_test.ts";
import { handshake, RawClient } from "./raw_client.ts";
import { EA, EA_CALL, SPX, SPX_CALL } from "./small_market.ts";

for (
  const [versions, announced] of [
    ["v100..226", "193"],
    ["v100..193", "193"],
    ["v157..178", "178"],
    ["v157..176", "176"],
  ] as const
) {
  Deno.test(`a client of ${versions} is answered with ${announced} and two fields`, async () => {
    await withGateway({}, async ({ gateway }) => {
      const client = await RawClient.open(gateway.port);
      await client.write(handshake(versions));
      const [version, time, ...more] = await client.next(() => true);
      assert.equal(version, announced);
      assert.match(time ?? "", /^\d{8} \d\d:\d\d:\d\d US\/Eastern$/);
      assert.deepEqual(more, []);
      await client.close();
    });
  });
}

Deno.test("a client that speaks only newer versions is disconnected", async () => {
  await withGateway({}, async ({ gateway }) => {
    const client = await RawClient.open(gateway.port);
    await client.write(handshake("v201..226"));
    await client.ended;
    assert.deepEqual(client.received, []);
  });
});

Deno.test("startApi is answered with accounts, the next order id and three notices", async () => {
  await withGateway({ accounts: ["DU1", "DU2"] }, async ({ connect }) => {
    const client = await connect();
    await client.settle();
    assert.deepEqual(client.received.map((it) => it.slice(0, 4)), [
      ["15", "1", "DU1,DU2"],
      ["9", "1", "1"],
      ["4", "2", "-1", "2104"],
      ["4", "2", "-1", "2106"],
      ["4", "2", "-1", "2158"],
    ]);
  });
});

for (const pieceBytes of [1, 3, 7]) {
  Deno.test(`a client that sends ${pieceBytes} bytes at a time is understood`, async () => {
    await withGateway({}, async ({ connect }) => {
      const client = await connect({ pieceBytes });
      await client.send(...detailsRequest(1, stock("EA")));
      const details = await client.next((it) => it[0] === "10");
      assert.equal(details[2], "EA");
    });
  });
}

Deno.test("many requests in one segment are all answered, in order", async () => {
  await withGateway({}, async ({ connect }) => {
    const client = await connect();
    await client.settle();
    client.received.length = 0;
    const bytes = Array.from({ length: 500 }, () => [...frame(encodeFields(8, 1, 1))]).flat();
    await client.write(new Uint8Array([...bytes, ...frame(encodeFields(49, 1))]));
    const answers = await client.until((it) => it[0] === "49");
    assert.equal(answers.length, 500);
  });
});

Deno.test("a handshake and startApi in one segment are understood", async () => {
  await withGateway({}, async ({ gateway }) => {
    const client = await RawClient.open(gateway.port);
    const start = frame(encodeFields(71, 2, 5, ""));
    await client.write(new Uint8Array([...handshake("v100..193"), ...start]));
    await client.next((it) => it[0] === "9");
    await client.close();
  });
});

Deno.test("a second client with the same id gets one frame, 326, and is disconnected 0.7 s later", async () => {
  const clock = manualClock(Date.UTC(2026, 6, 15, 14));
  await withGateway({ clock }, async ({ connect }) => {
    const first = await connect({ clientId: 7 });
    const second = await connect({ clientId: 7 });
    const [code] = await second.nextError(-1);
    assert.equal(code, 326);
    clock.advance(699);
    await first.settle();
    assert.deepEqual(second.received, [], "no accounts, no order id, no notice");
    assert.equal(clock.pending, 1, "the end of the second connection");
    clock.advance(1);
    assert.equal(clock.pending, 0);
    await second.ended;
    await first.close();
  });
});

Deno.test("a client id is free again as soon as its connection is closed", async () => {
  await withGateway({}, async ({ connect, nextEnd }) => {
    for (let round = 0; round < 3; round++) {
      const client = await connect({ clientId: 7 });
      await client.next((it) => it[0] === "9");
      const ended = nextEnd();
      await client.close();
      await ended;
    }
  });
});

Deno.test("requests before startApi are refused and do no harm", async () => {
  await withGateway({}, async ({ gateway }) => {
    const client = await RawClient.open(gateway.port);
    await client.write(handshake("v100..193"));
    await client.next((it) => it.length === 2);
    await client.send(49, 1);
    const [code, text] = await client.nextError(-1);
    assert.equal(code, 320);
    assert.match(text, /startApi/);
    await client.send(71, 2, 1, "");
    await client.next((it) => it[0] === "9");
    await client.close();
  });
});

Deno.test("contract details of an option chain end with their end, and tell AM settlement", async () => {
  await withGateway({}, async ({ connect }) => {
    const client = await connect({ versions: "v157..178" });
    await client.send(
      ...detailsRequest(3, [0, "SPX", "OPT", "202607", "", "", "", "", "", "", "", ""]),
    );
    const details = await client.next((it) => it[0] === "10");
    assert.deepEqual(details.slice(4, 7), ["20260716", "7500", "C"]);
    assert.deepEqual(details.slice(-9, -4), ["2", "SPX", "IND", "", "20260717"]);
    assert.deepEqual(await client.next((it) => it[0] === "52"), ["52", "1", "3"]);
  });
});

Deno.test("contract details of what does not exist are error 200", async () => {
  await withGateway({}, async ({ connect }) => {
    const client = await connect();
    await client.send(...detailsRequest(4, stock("NOSUCH")));
    assert.deepEqual(await client.nextError(4), [
      200,
      "No security definition has been found for the request",
    ]);
  });
});

Deno.test("option parameters come per exchange and class; a named exchange ends with none; conId 0 is 321", async () => {
  await withGateway({}, async ({ connect }) => {
    const client = await connect();
    await client.send(78, 1, "SPX", "", "IND", SPX.conId);
    const rows = await client.until((it) => it[0] === "76");
    const listed = rows.filter((it) => it[0] === "75").map((it) => it.slice(1));
    assert.deepEqual(listed, [
      ["1", "SMART", "200", "SPX", "100", "1", "20260717", "1", "7500"],
      ["1", "CBOE", "200", "SPX", "100", "1", "20260717", "1", "7500"],
    ]);
    await client.send(78, 2, "SPX", "CBOE", "IND", SPX.conId);
    assert.equal((await client.until((it) => it[0] === "76")).length, 0);
    await client.send(78, 3, "SPX", "", "IND", 0);
    const [code, text] = await client.nextError(3);
    assert.equal(code, 321);
    assert.match(text, /Invalid contract id/);
  });
});

Deno.test("lists of orders and executions are empty and end", async () => {
  await withGateway({}, async ({ connect }) => {
    const client = await connect();
    await client.send(5, 1);
    assert.deepEqual(await client.next((it) => it[0] === "53"), ["53", "1"]);
    await client.send(99, 0);
    assert.deepEqual(await client.next((it) => it[0] === "102"), ["102"]);
    await client.send(7, 3, 44, 0, "", "", "", "", "", "");
    assert.deepEqual(await client.next((it) => it[0] === "55"), ["55", "1", "44"]);
  });
});

Deno.test("account summary, updates, multi and positions all end", async () => {
  await withGateway({ accounts: ["DU1", "DU2"] }, async ({ connect }) => {
    const client = await connect();
    await client.settle();
    client.received.length = 0;
    await client.send(62, 1, 5, "All", "NetLiquidation");
    const summary = await client.until((it) => it[0] === "64");
    assert.deepEqual(summary.map((it) => it.slice(2, 5)), [
      ["5", "DU1", "NetLiquidation"],
      ["5", "DU2", "NetLiquidation"],
    ]);
    await client.send(6, 2, 1, "DU2");
    const updates = await client.until((it) => it[0] === "54");
    assert.ok(updates.length > 10 && updates.every((it) => it[0] === "6" || it[0] === "8"));
    await client.send(76, 1, 6, "DU1", "", 0);
    const multi = await client.until((it) => it[0] === "74");
    assert.ok(multi.every((it) => it[0] === "73" && it[2] === "6" && it[3] === "DU1"));
    await client.send(61, 1);
    const held = await client.until((it) => it[0] === "62");
    assert.deepEqual(held.map((it) => it.length), [16]);
    await client.send(6, 2, 1, "NOTMINE");
    assert.equal((await client.nextError(-1))[0], 321);
  });
});

Deno.test("an unknown message is error 320; one that is not offered is 321 for its request", async () => {
  await withGateway({}, async ({ connect }) => {
    const client = await connect();
    await client.settle();
    client.received.length = 0;
    await client.send(9999, 1);
    assert.deepEqual(await client.nextError(-1), [
      320,
      "Error reading request. Unknown message id 9999",
    ]);
    await client.send(81, 12, "app");
    const [code, text] = await client.nextError(12);
    assert.equal(code, 321);
    assert.match(text, /reqMatchingSymbols is not offered/);
    await client.send(10, 5, 13, ...byConId(EA.conId), 5, 0, "");
    assert.equal((await client.nextError(13))[0], 321);
  });
});

Deno.test("a field that is no number is error 320 for its request and names the field", async () => {
  await withGateway({}, async ({ connect }) => {
    const client = await connect();
    await client.send(1, 11, 21, "x", ...byConId(EA_CALL.conId).slice(1), 0, "", 0, 0, "");
    const [code, text] = await client.nextError(21);
    assert.equal(code, 320);
    assert.match(text, /'conId' was read as 'x'/);
  });
});

Deno.test("a contract that fits more than one instrument is error 200: ambiguous", async () => {
  await withGateway({}, async ({ connect }) => {
    const client = await connect();
    const anyOption = [0, "EA", "OPT", "", "", "", "", "SMART", "", "USD", "", ""];
    await client.send(...marketDataRequest(22, anyOption));
    const [code, text] = await client.nextError(22);
    assert.equal(code, 200);
    assert.match(text, /ambiguous/);
  });
});

Deno.test("historical data is dated in the exchange's zone or in seconds; days by their date", async () => {
  const startMs = Date.UTC(2026, 6, 15, 13, 30);
  const bar = { startMs, open: 1, high: 2, low: 1, close: 2, volume: 9, average: 1.5, count: 2 };
  await withGateway({}, async ({ connect, market }) => {
    market.bars = () => [bar];
    const client = await connect();
    const request = (reqId: number, barSize: string, formatDate: number) =>
      client.send(
        20,
        reqId,
        ...byConId(EA.conId),
        0,
        "",
        barSize,
        "1 D",
        1,
        "TRADES",
        formatDate,
        0,
        "",
      );
    const dateOf = async (reqId: number): Promise<string | undefined> =>
      (await client.next((it) => it[0] === "17" && it[1] === String(reqId)))[5];
    await request(1, "1 hour", 1);
    assert.equal(await dateOf(1), "20260715 09:30:00 US/Eastern");
    await request(2, "1 hour", 2);
    assert.equal(await dateOf(2), String(startMs / 1000));
    await request(3, "1 day", 2);
    assert.equal(await dateOf(3), "20260715");
  });
});

Deno.test("historical requests that are wrong say why; no bars is 162", async () => {
  await withGateway({}, async ({ connect }) => {
    const client = await connect();
    const ask = (reqId: number, over: Record<string, string | number>) => {
      const it = {
        end: "",
        size: "1 hour",
        span: "1 D",
        what: "TRADES",
        format: 1,
        keep: 0,
        ...over,
      };
      const contract = byConId(SPX_CALL.conId);
      return client.send(
        20,
        reqId,
        ...contract,
        0,
        it.end,
        it.size,
        it.span,
        1,
        it.what,
        it.format,
        it.keep,
        "",
      );
    };
    const wrong: [Record<string, string | number>, RegExp][] = [
      [{ end: "yesterday" }, /Invalid date\/time of yesterday/],
      [{ end: "20260715 16:00:00 Mars/Olympus" }, /Invalid date\/time/],
      [{ size: "7 mins" }, /Invalid bar size of 7 mins/],
      [{ span: "1 Q" }, /Invalid duration of 1 Q/],
      [{ what: "GUESSES" }, /Incorrect data type of GUESSES/],
      [{ format: 3 }, /Invalid formatDate/],
      [{ keep: 1 }, /kept up to date/],
    ];
    for (const [index, [over, message]] of wrong.entries()) {
      await ask(100 + index, over);
      const [code, text] = await client.nextError(100 + index);
      assert.equal(code, 321);
      assert.match(text, message);
    }
    await ask(199, { size: "1 secs", span: "1 Y" });
    assert.match((await client.nextError(199))[1], /Time length exceed max/);
    await ask(200, {});
    assert.equal((await client.nextError(200))[0], 162);
    await client.send(25, 1, 201);
    assert.equal((await client.nextError(201))[0], 366);
  });
});

Deno.test("closing the gateway ends every connection", async () => {
  await withGateway({}, async ({ connect, gateway }) => {
    const client = await connect();
    await gateway.close();
    await client.ended;
  });
});
