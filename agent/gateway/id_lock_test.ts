import { strict as assert } from "node:assert";
import { systemClock } from "../../base/clock.ts";
import { silentLog } from "../../telemetry/log.ts";
import { startGateway } from "../test/programs.ts";
import { idLocks } from "./id_lock.ts";
import { keepConnected, type Keeper } from "./keeper.ts";

const ADDRESS = { host: "127.0.0.1", port: 4002 };

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "lastmark-locks-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const fail = (message: string): never => assert.fail(message);

/** A program that takes an ID and holds it until it is killed. */
async function holder(folder: string, clientId: number): Promise<Deno.ChildProcess> {
  const code = `
    import { idLocks } from ${JSON.stringify(new URL("./id_lock.ts", import.meta.url).href)};
    const locks = idLocks(${JSON.stringify(ADDRESS)}, {
      folder: ${JSON.stringify(folder)}, onFailure: (message) => { throw new Error(message); },
    });
    console.log(locks.take(${clientId}));
    setInterval(() => {}, 1_000);`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", code],
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  assert.equal(new TextDecoder().decode(value).trim(), "true");
  await reader.cancel();
  return child;
}

Deno.test("a client ID that another program holds is not taken, until that is killed", async () => {
  await inFolder(async (folder) => {
    const child = await holder(folder, 300);
    const locks = idLocks(ADDRESS, { folder, onFailure: fail });
    assert.ok(!locks.take(300));
    assert.ok(locks.take(301), "another ID");
    const other = idLocks({ ...ADDRESS, port: 4001 }, { folder, onFailure: fail });
    assert.ok(other.take(300), "another gateway");
    child.kill("SIGKILL");
    await child.status;
    assert.ok(locks.take(300));
    locks.keepOnly(null);
    other.keepOnly(null);
  });
});

Deno.test("an ID that is let go can be taken by another", async () => {
  await inFolder((folder) => {
    const [one, two] = [0, 1].map(() => idLocks(ADDRESS, { folder, onFailure: fail }));
    assert.ok(one?.take(300) && one.take(300) && !two?.take(300));
    one?.keepOnly(301);
    assert.ok(two?.take(300));
    two?.keepOnly(null);
    return Promise.resolve();
  });
});

Deno.test("a folder that takes no files costs the locks, says so once, and nothing else", () => {
  const said: string[] = [];
  const locks = idLocks(ADDRESS, { folder: "/proc/none", onFailure: (it) => said.push(it) });
  assert.ok(locks.take(300) && locks.take(301));
  assert.equal(said.length, 1);
});

Deno.test("of 50 agents on a gateway for 32 clients 32 connect, 18 say why and wait, and nobody flaps", async () => {
  await inFolder(async (folder) => {
    await using gateway = await startGateway();
    const address = { host: "127.0.0.1", port: gateway.port };
    const keepers: Keeper[] = Array.from({ length: 50 }, () =>
      keepConnected({
        address,
        // One range for all: the locks keep them apart.
        clientIds: { first: 300, last: 399 },
        ratePerSecond: 45,
        clock: systemClock(),
        log: silentLog,
        locks: idLocks(address, { folder, onFailure: fail }),
      }));
    const connected = (): Keeper[] => keepers.filter(({ connected }) => connected);
    const until = async (holds: () => boolean, what: string): Promise<void> => {
      for (const endMs = performance.now() + 30_000; !holds();) {
        assert.ok(performance.now() < endMs, `${what}: ${connected().length} connected`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    await until(() => connected().length === 32, "32 connect");
    const first = new Set(connected());
    const attempts = (): number =>
      keepers.reduce((sum, { watch }) => sum + watch.status().reconnectAttempts, 0);
    const before = attempts();
    await new Promise((resolve) => setTimeout(resolve, 20_000));
    assert.deepEqual(new Set(connected()), first, "nobody lost what it had");
    // Every 5 to 10 s each, once the waits have grown.
    assert.ok(attempts() - before < 18 * 6, `${attempts() - before} attempts in 20 s`);
    const waiting = keepers.filter((keeper) => !first.has(keeper));
    assert.equal(waiting.length, 18);
    for (const { watch } of waiting) {
      const { state, lastReconnectError } = watch.status();
      assert.equal(state, "gateway_down");
      assert.match(lastReconnectError ?? "", /at most 32 clients/);
    }
    const ids = connected().map(({ watch }) => watch.status().clientId);
    assert.equal(new Set(ids).size, 32, "each has an ID of its own");
    await [...first][0]?.end();
    await until(() => connected().length === 32, "one that waited gets in");
    await Promise.all(keepers.map((keeper) => keeper.end()));
  });
});
