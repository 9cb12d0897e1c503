import { strict as assert } from "node:assert";
import { once } from "node:events";
import { type Clock, manualClock, systemClock } from "../../base/clock.ts";
import { silentLog } from "../../telemetry/log.ts";
import { type RawPeer, startRawGateway } from "../test/raw_gateway.ts";
import {
  connect,
  type Connection,
  type ConnectOutcome,
  HANDSHAKE_DEADLINE_MS,
} from "./connection.ts";
import { LIVENESS_PERIOD_MS } from "./liveness.ts";

function attempt(
  address: { readonly host: string; readonly port: number },
  more: { readonly clock?: Clock; readonly signal?: AbortSignal } = {},
): Promise<ConnectOutcome> {
  return connect({
    address,
    clientId: 300,
    ratePerSecond: 0,
    clock: systemClock(),
    log: silentLog,
    ...more,
  });
}

async function connected(outcome: Promise<ConnectOutcome>): Promise<Connection> {
  const done = await outcome;
  assert.equal(done.kind, "connected");
  if (done.kind !== "connected") throw new Error("unreachable");
  return done.connection;
}

/** Reads until the agent sends the message with this number. */
async function until(peer: RawPeer, id: string): Promise<readonly string[]> {
  for (;;) {
    const message = await peer.next();
    if (message[0] === id) return message;
  }
}

function lost(connection: Connection): Promise<unknown> {
  return connection.closed.aborted
    ? Promise.resolve()
    : once(connection.closed, "abort").then(() => undefined);
}

Deno.test("connect() is ready with nextValidId, and asks for frozen data, live while it is open", async () => {
  await using gateway = startRawGateway();
  const outcome = attempt(gateway.address);
  const peer = await gateway.accept();
  await peer.welcome();
  const connection = await connected(outcome);
  assert.deepEqual(await until(peer, "59"), ["59", "1", "2"]);
  assert.equal(connection.serverVersion, 193);
  peer.close();
  await lost(connection);
});

Deno.test("connect() says that nothing listens, and where", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const outcome = await attempt({ host: "127.0.0.1", port });
  assert.equal(outcome.kind, "failed");
  assert.ok(outcome.kind === "failed" && outcome.error.reason === "gateway_down");
  assert.match(outcome.error.message, new RegExp(`127.0.0.1:${port}`));
});

Deno.test("connect() calls a gateway deaf that accepts and says nothing within its time", async () => {
  await using gateway = startRawGateway();
  const clock = manualClock();
  const outcome = attempt(gateway.address, { clock });
  const peer = await gateway.accept();
  // The handshake is here: the agent waits for the answer.
  await peer.next();
  clock.advance(HANDSHAKE_DEADLINE_MS);
  const done = await outcome;
  assert.ok(done.kind === "failed" && done.error.reason === "gateway_deaf");
  assert.equal(clock.pending, 0);
});

Deno.test("connect() says that its client ID is taken (326)", async () => {
  await using gateway = startRawGateway();
  const outcome = attempt(gateway.address);
  const peer = await gateway.accept();
  await peer.next();
  await peer.send("193", "20261121 09:30:00 US/Eastern");
  await peer.next();
  await peer.send(
    "4",
    "2",
    "-1",
    "326",
    "Unable to connect as the client id is already in use.",
    "",
  );
  const done = await outcome;
  assert.equal(done.kind, "client_id_taken");
});

Deno.test("connect() ends with its signal, however far it is", async () => {
  await using gateway = startRawGateway();
  const end = new AbortController();
  const outcome = attempt(gateway.address, { signal: end.signal });
  const peer = await gateway.accept();
  await peer.next();
  end.abort(new Error("SIGTERM"));
  const done = await outcome;
  assert.ok(done.kind === "failed" && done.error.reason === "ended");
});

Deno.test("connect() fails when the gateway hangs up during the handshake", async () => {
  await using gateway = startRawGateway();
  const outcome = attempt(gateway.address);
  const peer = await gateway.accept();
  await peer.next();
  peer.close();
  const done = await outcome;
  assert.ok(done.kind === "failed" && done.error.reason === "gateway_down");
});

Deno.test("a connection is lost when the gateway falls silent, and its waiters hear of it", async () => {
  await using gateway = startRawGateway();
  const clock = manualClock();
  const outcome = attempt(gateway.address, { clock });
  const peer = await gateway.accept();
  await peer.welcome();
  const connection = await connected(outcome);
  clock.advance(LIVENESS_PERIOD_MS);
  await until(peer, "49");
  clock.advance(2 * LIVENESS_PERIOD_MS);
  assert.ok(connection.closed.aborted);
  assert.equal(connection.closed.reason.reason, "gateway_deaf");
  await assert.rejects(connection.send(() => {}), /does not answer/);
  assert.equal(clock.pending, 0);
});

Deno.test("a connection whose gateway answers the time stays", async () => {
  await using gateway = startRawGateway();
  const clock = manualClock();
  const outcome = attempt(gateway.address, { clock });
  const peer = await gateway.accept();
  await peer.welcome();
  const connection = await connected(outcome);
  for (let round = 0; round < 5; round++) {
    clock.advance(LIVENESS_PERIOD_MS);
    await until(peer, "49");
    await peer.send("49", "1", "1763717400");
    // The answer is heard before the one after it, which the test can see.
    const seen = Promise.withResolvers<void>();
    const marker = await connection.open(() => {}, () => seen.resolve());
    await peer.send("57", "1", String(marker.requestId));
    await seen.promise;
  }
  assert.ok(!connection.closed.aborted);
  peer.close();
  await lost(connection);
});

Deno.test("a connection passes answers only to the request they are for, until it is forgotten", async () => {
  await using gateway = startRawGateway();
  const outcome = attempt(gateway.address);
  const peer = await gateway.accept();
  await peer.welcome();
  const connection = await connected(outcome);
  const seen: string[] = [];
  const first = await connection.open(() => {}, (event) => seen.push(`first ${event.type}`));
  const done = Promise.withResolvers<void>();
  const second = await connection.open(() => {}, (event) => {
    seen.push(`second ${event.type}`);
    if (event.type === "end") done.resolve();
  });
  first.forget();
  await peer.send("2", "6", String(first.requestId), "0", "5");
  await peer.send("2", "6", String(second.requestId), "0", "5");
  await peer.send("2", "6", String(second.requestId), "3", "not a number");
  await peer.send("57", "1", String(second.requestId));
  await done.promise;
  assert.deepEqual(seen, ["second size", "second end"]);
  peer.close();
  await lost(connection);
});

Deno.test("a connection survives no message that the library cannot decode, and the program does", async () => {
  await using gateway = startRawGateway();
  const outcome = attempt(gateway.address);
  const peer = await gateway.accept();
  await peer.welcome();
  const connection = await connected(outcome);
  await peer.send("4", "2", "5", "201", "Order rejected", "not JSON");
  await lost(connection);
  assert.match(connection.closed.reason.message, /could not be decoded/);
});

Deno.test("close() waits until the gateway has taken what was sent before", async () => {
  await using gateway = startRawGateway();
  const outcome = attempt(gateway.address);
  const peer = await gateway.accept();
  await peer.welcome();
  const connection = await connected(outcome);
  await connection.send((api) => void api.cancelMktData(7));
  let closed = false;
  const closing = connection.close().then(() => {
    closed = true;
  });
  assert.deepEqual(await until(peer, "2"), ["2", "1", "7"]);
  await until(peer, "49");
  assert.ok(!closed);
  await peer.send("49", "1", "1763717400");
  await closing;
  assert.equal(connection.closed.reason.reason, "ended");
});
