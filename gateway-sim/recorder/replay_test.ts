import { strict as assert } from "node:assert";
import { EventName, IBApi, type SecType } from "@stoqey/ib";
import {
  byConId,
  detailsRequest,
  marketDataRequest,
  stock,
  withGateway,
} from "../test/gateway_for_test.ts";
import { handshake, type Message, RawClient } from "../test/raw_client.ts";
import { EA, EA_CALL, EA_PUT } from "../test/small_market.ts";
import { Conversation } from "./conversation.ts";
import { connectionsOf } from "./questions.ts";
import type { RecordLine } from "./record.ts";
import { Choice } from "./replay.ts";
import { Schedule } from "./schedule.ts";
import { local, ScriptedGateway, withRecorder, withReplay } from "./test/recording.ts";

const STOCK = "STK" as SecType; // The library's enum is a TypeScript enum of these same texts.

/** Streaming: neither an ordinary nor a regulatory snapshot. */
const SNAPSHOT = false;

/** What a session with the small market sounds like. */
async function session(client: RawClient, firstId: number): Promise<Message[]> {
  const heard: Message[] = [];
  const hear = async (...kinds: readonly string[]): Promise<void> => {
    for (const kind of kinds) heard.push(await client.next(([first]) => first === kind));
  };
  await hear("15", "9");
  await client.send(...detailsRequest(firstId, stock("EA")));
  await hear("10", "52");
  await client.send(61, 1);
  await hear("61", "62");
  await client.send(...marketDataRequest(firstId + 1, byConId(EA_CALL.conId)));
  await client.send(...marketDataRequest(firstId + 2, byConId(EA_PUT.conId)));
  for (const id of [firstId + 1, firstId + 2]) {
    const isBid = (it: Message): boolean => it[0] === "1" && it[2] === String(id) && it[3] === "1";
    heard.push(await client.next(isBid));
  }
  await client.send(49, 1);
  await hear("49");
  return heard;
}

/** Records one session of a raw client with the small market. */
async function recordedSession(clientId = 7): Promise<{
  readonly lines: readonly RecordLine[];
  readonly heard: readonly Message[];
}> {
  let lines: readonly RecordLine[] = [];
  let heard: readonly Message[] = [];
  await withGateway({}, async ({ gateway }) => {
    await withRecorder(gateway.port, async ({ recorder, finish }) => {
      const client = await RawClient.connect(recorder.port, { clientId });
      heard = await session(client, 100);
      await client.close();
      lines = await finish();
    });
  });
  return { lines, heard };
}

/** The messages with the request's ids as they are with another first id, and no account. */
function withIds(heard: readonly Message[], by: number): Message[] {
  return heard.map((message) => {
    const at = ["10"].includes(message[0] ?? "")
      ? 1
      : ["1", "52"].includes(message[0] ?? "")
      ? 2
      : -1;
    return message.map((field, place) =>
      place === at ? String(Number(field) + by) : field.replaceAll("DU1234567", "DU0000001")
    );
  });
}

Deno.test("the same questions in the same order get the same answers, with the client's own request ids", async () => {
  const { lines, heard } = await recordedSession();
  await withReplay(lines, async (replay) => {
    const client = await RawClient.connect(replay.port, { clientId: 3 });
    assert.deepEqual(await session(client, 9_000), withIds(heard, 8_900));
    await client.close();
    const again = await RawClient.connect(replay.port);
    assert.deepEqual(await session(again, 1), withIds(heard, -99), "and once more, from the start");
    await again.close();
  });
});

Deno.test("a question that is not in the record, or is with other values, gets an error that names it", async () => {
  const { lines } = await recordedSession();
  await withReplay(lines, async (replay) => {
    const client = await RawClient.connect(replay.port);
    await client.send(...detailsRequest(55, stock("MSFT")));
    const [code, text] = await client.nextError(55);
    assert.equal(code, 321);
    assert.match(text, /not in the record.*: reqContractDetails \(9\): 8,55,0,MSFT/);
    await client.send(16, 1);
    const refused = await client.next((it) => it[0] === "4" && it[3] === "321");
    assert.match(refused[4] ?? "", /reqAllOpenOrders \(16\)/);
    await client.send(2, 2, 4_711);
    assert.match((await client.nextError(4_711))[1], /cancelMktData \(2\)/);
    await client.settle();
    await client.close();
  });
});

Deno.test("@stoqey/ib gets from a replay what it got when it was recorded", async () => {
  const ask = async (port: number, reqId: number): Promise<unknown[]> => {
    const complaints: unknown[] = [];
    const ib = new IBApi({ host: "127.0.0.1", port, clientId: 5, maxReqPerSec: 1_000_000 });
    ib.on(EventName.error, (error, code) => complaints.push([code, error.message]));
    const started = Promise.withResolvers<void>();
    ib.once(EventName.nextValidId, () => started.resolve());
    ib.connect();
    await started.promise;
    const got: unknown[] = [];
    const quoted = Promise.withResolvers<void>();
    ib.on(
      EventName.contractDetails,
      (id, details) => got.push([id - reqId, details.contract.conId]),
    );
    ib.on(
      EventName.contractDetailsEnd,
      () => ib.reqMktData(reqId + 1, { conId: EA.conId }, "", SNAPSHOT, SNAPSHOT),
    );
    ib.on(EventName.tickPrice, (id, tick, price) => {
      got.push([id - reqId, tick, price]);
      if (tick === 2) quoted.resolve();
    });
    ib.reqContractDetails(reqId, {
      symbol: "EA",
      secType: STOCK,
      currency: "USD",
      exchange: "SMART",
    });
    await quoted.promise;
    const ended = Promise.withResolvers<void>();
    ib.once(EventName.disconnected, () => ended.resolve());
    ib.disconnect();
    await ended.promise;
    assert.deepEqual(complaints, []);
    return got;
  };
  await withGateway({}, async ({ gateway }) => {
    await withRecorder(gateway.port, async ({ recorder, finish }) => {
      const got = await ask(recorder.port, 10);
      assert.ok(got.length >= 3);
      await withReplay(await finish(), async (replay) => {
        assert.deepEqual(await ask(replay.port, 20), got);
      });
    });
  });
});

/** Lines of one connection, as a test writes them: `[atMs, from, ...fields]`. */
function lines(
  connection: number,
  ...said: readonly (readonly [number, "client" | "gateway", ...string[]])[]
): RecordLine[] {
  return [
    { atMs: 0, connection, event: "opened" },
    { atMs: 0, connection, from: "client", handshake: "v100..193" },
    { atMs: 0, connection, from: "gateway", fields: ["193", "time"] },
    ...said.map(([atMs, from, ...fields]): RecordLine => ({ atMs, connection, from, fields })),
  ];
}

const START = [0, "client", "71", "2", "1", ""] as const;
const PING = (atMs: number) => [atMs, "client", "49", "1"] as const;

Deno.test("an answer comes as long after its question as in the record, divided by the speed", () => {
  const schedule = new Schedule(2);
  const answers = [100, 400].map((afterMs) => ({ afterMs, body: { fields: [String(afterMs)] } }));
  schedule.add({ answers, askedMs: 1_000, id: null });
  schedule.add({ answers: [{ afterMs: 300, body: { fields: ["300"] } }], askedMs: 1_000, id: "4" });
  const due: [number, string | null][] = [];
  for (let next = schedule.peek(); next; next = schedule.peek()) {
    due.push([next.dueMs, next.id]);
    schedule.take();
  }
  assert.deepEqual(due, [[1_050, null], [1_150, "4"], [1_200, null]]);
});

Deno.test("each answer belongs to its question: by the id, by the kind, or to the start", () => {
  const [connection] = connectionsOf(lines(
    1,
    START,
    [1, "gateway", "15", "1", "DU0000001"],
    [2, "gateway", "9", "1", "1"],
    [3, "gateway", "4", "2", "-1", "2104", "farm", ""],
    [10, "client", "1", "11", "5", "contract"],
    PING(20),
    PING(30),
    [31, "gateway", "49", "1", "100"],
    [32, "gateway", "1", "6", "5", "1", "2.5"],
    [33, "gateway", "49", "1", "101"],
    [34, "gateway", "4", "2", "-1", "321", "no", ""],
    [35, "gateway", "4", "2", "-1", "1100", "lost", ""],
  ));
  assert.ok(connection?.start);
  const afterMs = ({ answers }: { answers: readonly { afterMs: number }[] }): number[] =>
    answers.map((answer) => answer.afterMs);
  assert.deepEqual(afterMs(connection.start), [1, 2, 3, 35]);
  assert.deepEqual(connection.questions.map(afterMs), [[22], [11], [3, 4]]);
});

Deno.test("a cancel ends its own answers and no others, whether the record has it or not", () => {
  const [connection] = connectionsOf(lines(
    1,
    START,
    [10, "client", "1", "11", "5", "a"],
    [20, "client", "1", "11", "6", "b"],
    [30, "client", "2", "1", "6"],
    [31, "gateway", "4", "2", "6", "300", "Can't find EId", ""],
  ));
  assert.ok(connection);
  const talk = new Conversation(connection);
  talk.start(0);
  const first = talk.hear({ fields: ["1", "11", "70", "a"] }, 0).play;
  const second = talk.hear({ fields: ["1", "11", "80", "b"] }, 0).play;
  const recorded = talk.hear({ fields: ["2", "1", "80"] }, 50);
  assert.equal(recorded.stop, second);
  assert.equal(recorded.play?.answers.length, 1);
  assert.equal(recorded.play?.id, "80");
  const unrecorded = talk.hear({ fields: ["2", "1", "70"] }, 60);
  assert.deepEqual(unrecorded, { stop: first });
  assert.ok(talk.hear({ fields: ["2", "1", "70"] }, 70).unknown, "it is not open any more");
});

Deno.test("a question asked more often than in the record gets its last answer again", () => {
  const [connection] = connectionsOf(lines(
    1,
    START,
    PING(10),
    [11, "gateway", "49", "1", "100"],
    PING(20),
    [25, "gateway", "49", "1", "101"],
  ));
  assert.ok(connection);
  const talk = new Conversation(connection);
  const times = [1, 2, 3].map((nowMs) =>
    talk.hear({ fields: ["49", "1"] }, nowMs).play?.answers[0]
  );
  assert.deepEqual(times.map((answer) => answer?.afterMs), [1, 5, 5]);
});

Deno.test("clients get the connections of the record in their order, and by client ID where it is there", () => {
  const start = (id: string) => [0, "client", "71", "2", id, ""] as const;
  const connections = connectionsOf([
    ...lines(1, start("1")),
    ...lines(2, start("2")),
    ...lines(3, start("2")),
  ]);
  const [one, two, three] = connections;
  assert.ok(one && two && three);
  const choice = new Choice(connections);
  const asked = { least: 100, greatest: 193, connectOptions: "" };
  const connect = (id: string) => {
    const chosen = choice.atHandshake(asked);
    assert.ok(chosen);
    return connections.indexOf(choice.atStart(chosen, id));
  };
  assert.deepEqual(["2", "2", "2", "1", "9"].map(connect), [1, 2, 0, 0, 1]);
  assert.equal(choice.atHandshake({ ...asked, greatest: 178 }), undefined);
});

Deno.test("a gateway that never answered the handshake stays silent in the replay, one that hung up hangs up", async () => {
  const deaf: RecordLine[] = [
    { atMs: 0, connection: 1, event: "opened" },
    { atMs: 1, connection: 1, from: "client", handshake: "v100..193" },
    { atMs: 9_000, connection: 1, from: "client", event: "ended" },
    { atMs: 9_001, connection: 1, from: "gateway", event: "ended" },
  ];
  const refused = [
    ...lines(2, START, [1, "gateway", "4", "2", "-1", "326", "in use", ""]),
    { atMs: 5, connection: 2, from: "gateway", event: "ended" } as const,
  ];
  await withReplay([...deaf, ...refused], async (replay) => {
    const first = await RawClient.open(replay.port);
    await first.write(handshake("v100..193"));
    const second = await RawClient.connect(replay.port);
    assert.equal((await second.nextError(-1))[0], 326);
    await second.ended;
    assert.deepEqual(first.received, []);
    await first.close();
  });
});

Deno.test("binary messages of new gateways are answered as they were, and what is not there is refused", () => {
  const ask = new Uint8Array([0, 0, 0, 249]).toBase64();
  const answer = new Uint8Array([0, 0, 0, 249, 8, 1]).toBase64();
  const record: RecordLine[] = [
    { atMs: 0, connection: 1, event: "opened" },
    { atMs: 0, connection: 1, from: "client", handshake: "v100..222" },
    { atMs: 0, connection: 1, from: "gateway", fields: ["222", "time"] },
    { atMs: 1, connection: 1, from: "client", base64: new Uint8Array([0, 0, 1, 15]).toBase64() },
    { atMs: 2, connection: 1, from: "client", base64: ask },
    { atMs: 3, connection: 1, from: "gateway", base64: answer },
  ];
  const [connection] = connectionsOf(record);
  assert.ok(connection);
  const talk = new Conversation(connection);
  assert.deepEqual(talk.hear({ base64: ask }, 0).play?.answers, [{
    afterMs: 1,
    body: { base64: answer },
  }]);
  const { unknown } = talk.hear({ base64: answer }, 0);
  assert.ok(unknown && "base64" in unknown.body);
  const bytes = Uint8Array.fromBase64(unknown.body.base64);
  assert.deepEqual([...bytes.subarray(0, 4)], [0, 0, 0, 4]);
  const fields = new TextDecoder().decode(bytes.subarray(4)).split("\0");
  assert.deepEqual(fields.slice(0, 2), ["-1", "321"]);
  assert.match(fields[2] ?? "", /^Error validating request.*not in the record/);
});

const DATA = Deno.env.get("LASTMARK_DATA");

/** The recorded session with TWS as it stands in the file: what was asked and what came. */
async function twsSession(): Promise<{ asked: string; answers: string[] }[]> {
  const text = await Deno.readTextFile(`${DATA}/tws/tws_interactions.yaml`);
  const found: { asked: string; answers: string[] }[] = [];
  for (const [, dash, raw = ""] of text.matchAll(/^ +(- )?raw: "(.*)"$/gm)) {
    const body = raw.replaceAll("\\0", "\0");
    if (dash) found.at(-1)?.answers.push(body);
    else found.push({ asked: body, answers: [] });
  }
  return found;
}

Deno.test({
  name:
    "the session that was recorded with TWS passes through, and plays again, without its account",
  ignore: DATA === undefined && Deno.env.get("CI") !== "true",
  async fn() {
    const interactions = await twsSession();
    assert.equal(interactions.length, 5);
    const tws = Deno.listen(local(0));
    const converse = async (client: RawClient, account: string): Promise<void> => {
      for (const { asked, answers } of interactions) {
        await client.send(...asked.split("\0").slice(0, -1));
        for (const answer of answers) {
          const fields = answer.replaceAll("ACCOUNT_ID", account).split("\0").slice(0, -1);
          assert.deepEqual(await client.next(([kind]) => kind === fields[0]), fields);
        }
      }
      await client.close();
    };
    await withRecorder(tws.addr.port, async ({ recorder, finish, path }) => {
      const connecting = RawClient.connect(recorder.port);
      const server = new ScriptedGateway(await tws.accept());
      const answering = (async () => {
        await server.next();
        await server.say("173\x0020250715 19:05:00 UTC\0");
        assert.match(await server.next(), /^71\0/);
        for (const { asked, answers } of interactions) {
          assert.equal(await server.next(), asked);
          for (const answer of answers) await server.say(answer);
        }
      })();
      const client = await connecting;
      await converse(client, "ACCOUNT_ID");
      await answering;
      server.close();
      const lines = await finish();
      assert.ok(!(await Deno.readTextFile(path)).includes("ACCOUNT_ID"));
      await withReplay(lines, async (replay) => {
        await converse(await RawClient.connect(replay.port), "DU00000001");
      });
    });
    tws.close();
  },
});
