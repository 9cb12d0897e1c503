import { strict as assert } from "node:assert";
import { once } from "node:events";
import { type ManualClock, manualClock } from "../../base/clock.ts";
import { jsonLog, type Log } from "../../telemetry/log.ts";
import { startRawGateway } from "../test/raw_gateway.ts";
import { keepConnected } from "./keeper.ts";

/** A log in which a test waits for an event. */
function watchedLog(): { log: Log; seen: string[]; event(name: string): Promise<void> } {
  const seen: string[] = [];
  const target = new EventTarget();
  const log = jsonLog({
    program: "test",
    level: "debug",
    nowMs: () => 0,
    write: (line) => {
      const { event } = JSON.parse(line);
      seen.push(event);
      target.dispatchEvent(new Event(event));
    },
  });
  return { log, seen, event: (name) => once(target, name).then(() => undefined) };
}

function keep(
  address: { readonly host: string; readonly port: number },
  clock: ManualClock,
  log: Log,
): ReturnType<typeof keepConnected> {
  return keepConnected({
    address,
    clientIds: { first: 300, last: 301 },
    ratePerSecond: 0,
    clock,
    log,
  });
}

const NO_END = new AbortController().signal;

Deno.test("keepConnected() connects anew, with a new socket, after the gateway dropped it", async () => {
  await using gateway = startRawGateway();
  const clock = manualClock();
  const { log, event } = watchedLog();
  const keeper = keep(gateway.address, clock, log);
  const first = await gateway.accept();
  await first.welcome();
  const before = await keeper.connection(NO_END);
  assert.ok(keeper.connected);
  const lost = event("gateway.lost");
  first.close();
  await lost;
  assert.ok(!keeper.connected);
  const again = keeper.connection(NO_END);
  clock.advance(2_000);
  const second = await gateway.accept();
  await second.welcome();
  assert.notEqual(await again, before);
  const ended = keeper.end();
  clock.advance(2_000);
  await ended;
});

Deno.test("keepConnected() never gives up on a gateway that is not there", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const clock = manualClock();
  const { log, seen, event } = watchedLog();
  const first = event("gateway.unreachable");
  const keeper = keep({ host: "127.0.0.1", port }, clock, log);
  await first;
  for (let attempts = 0; attempts < 8; attempts++) {
    const failed = event("gateway.unreachable");
    clock.advance(30_000);
    await failed;
  }
  assert.equal(seen.filter((name) => name === "gateway.unreachable").length, 9);
  const end = new AbortController();
  const waiting = keeper.connection(end.signal);
  end.abort(new Error("SIGTERM"));
  await assert.rejects(waiting, /SIGTERM/);
  await keeper.end();
});

Deno.test("keepConnected() tries the taken client ID again before it takes the next", async () => {
  await using gateway = startRawGateway();
  const clock = manualClock();
  const { log, event } = watchedLog();
  const keeper = keep(gateway.address, clock, log);
  const ids: (string | undefined)[] = [];
  for (let attempts = 0; attempts < 5; attempts++) {
    const peer = await gateway.accept();
    await peer.next();
    await peer.send("193", "20261121 09:30:00 US/Eastern");
    const [, , clientId] = await peer.next();
    ids.push(clientId);
    const taken = event("gateway.client_id_taken");
    await peer.send("4", "2", "-1", "326", "Unable to connect as the client id is in use.", "");
    await taken;
    // It waits, at least a second, and not a moment less.
    clock.advance(999);
    assert.equal(clock.pending, 1);
    clock.advance(7_001);
  }
  assert.deepEqual(ids, ["300", "300", "300", "300", "301"]);
  await keeper.end();
});
