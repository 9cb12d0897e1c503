/** A spool on disks that are full or read-only, and one that is filled for a week. */
import { strict as assert } from "node:assert";
import { randomBytes } from "node:crypto";
import { manualClock } from "../../base/clock.ts";
import { parseTicker } from "../../options/contract.ts";
import { jsonLog } from "../../telemetry/log.ts";
import { DEFAULT_SPOOL_MB, openSpool, type Spool } from "../delivery/spool.ts";

const EA = parseTicker("EA") ?? assert.fail();
const SPX = parseTicker("SPX") ?? assert.fail();
const START_MS = Date.UTC(2026, 6, 15);
const MB = 1024 * 1024;

interface Bench {
  readonly spool: Spool;
  readonly events: readonly string[];
  add(key: string, bytes?: number): number;
  /** After this the disk is tried again. */
  wait(): void;
}

function bench(folder: string): Bench {
  const clock = manualClock(START_MS);
  const events: string[] = [];
  const log = jsonLog({
    program: "test",
    level: "info",
    nowMs: () => 0,
    write: (line) => events.push(JSON.parse(line).event),
  });
  const spool = openSpool({ folder, clock, log });
  return {
    spool,
    events,
    add(key, bytes = 10_000) {
      // Base64 of random bytes compresses back to about the bytes.
      const json = JSON.stringify(randomBytes(bytes).toString("base64"));
      return spool.add({ key, ticker: EA, json, storedAtMs: clock.realNowMs() }).id;
    },
    wait: () => clock.advance(61_000),
  };
}

async function run(...command: readonly string[]): Promise<void> {
  const [name = "", ...args] = command;
  const { success, stderr } = await new Deno.Command(name, { args }).output();
  if (!success) throw new Error(`${command.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

/** Runs the work on a file system of its own; says so and does nothing where it may not mount one. */
async function withFileSystem(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "lastmark-disk-" });
  try {
    try {
      await run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder);
    } catch (error) {
      console.log(`Skipped, since no file system can be mounted here: ${error}`);
      return;
    }
    try {
      await work(folder);
    } finally {
      await run("umount", "--lazy", folder);
    }
  } finally {
    await Deno.remove(folder);
  }
}

const keys = (spool: Spool): (string | undefined)[] =>
  spool.waiting().map(({ id }) => spool.read(id)?.key);

Deno.test("SP-16: on a full disk snapshots wait in memory, can be sent, and move to the disk when it has room", async () => {
  await withFileSystem(async (folder) => {
    const { spool, add, wait, events } = bench(`${folder}/spool`);
    const first = add("on disk");
    await Deno.writeFile(`${folder}/filler`, new Uint8Array(8 * MB)).catch(() => {});
    const ids = ["a", "b", "c"].map((key) => add(key, 50_000));
    assert.equal(spool.state().mode, "memory");
    assert.deepEqual(keys(spool), ["on disk", "a", "b", "c"]);
    assert.equal(spool.state().depth, 4);
    // What the server takes meanwhile is not shown again, wherever it was.
    spool.remove(first);
    spool.remove(ids[0] ?? assert.fail());
    assert.deepEqual(keys(spool), ["b", "c"]);
    wait();
    assert.deepEqual(keys(spool), ["b", "c"]);
    assert.equal(spool.state().mode, "memory");

    await Deno.remove(`${folder}/filler`);
    wait();
    assert.deepEqual(keys(spool), ["b", "c"]);
    assert.equal(spool.state().mode, "disk");
    assert.equal(spool.state().dropped, 0);
    assert.deepEqual(events, ["spool.memory", "spool.disk"]);
    assert.ok(add("d") > Math.max(...ids));
    spool.close();
    const again = bench(`${folder}/spool`);
    assert.deepEqual(keys(again.spool), ["b", "c", "d"]);
    again.spool.close();
  });
});

Deno.test("SP-16: on a read-only disk the agent goes on in memory from the start, and says so", async () => {
  await withFileSystem(async (folder) => {
    const before = bench(`${folder}/spool`);
    before.add("old");
    before.spool.close();
    await run("mount", "-o", "remount,ro", folder);
    const { spool, add, wait, events } = bench(`${folder}/spool`);
    const id = add("new");
    assert.deepEqual(events, ["spool.memory"]);
    assert.equal(spool.state().mode, "memory");
    assert.deepEqual(keys(spool), ["new"]);
    spool.reject(id, { status: 400, message: "wrong", atMs: START_MS });
    add("newer");
    await run("mount", "-o", "remount,rw", folder);
    wait();
    assert.deepEqual(keys(spool), ["old", "newer"]);
    assert.equal(spool.state().mode, "disk");
    assert.deepEqual(spool.rejected().map(({ message }) => message), ["wrong"]);
    spool.close();
  });
});

Deno.test("SP-16: what only memory holds when the program ends is said to be lost", async () => {
  await withFileSystem(async (folder) => {
    await run("mount", "-o", "remount,ro", folder);
    const { spool, add, events } = bench(`${folder}/spool`);
    add("a");
    spool.close();
    assert.deepEqual(events, ["spool.memory", "spool.lost"]);
  });
});

Deno.test("SP-16: memory is bounded too: its oldest are dropped and counted", async () => {
  await withFileSystem(async (folder) => {
    await run("mount", "-o", "remount,ro", folder);
    const { spool, add } = bench(`${folder}/spool`);
    for (let i = 0; i < 40; i++) add(String(i), MB);
    const { bytes, depth, dropped } = spool.state();
    assert.ok(bytes <= 32 * MB && bytes > 30 * MB, String(bytes));
    assert.equal(depth + dropped, 40);
    assert.equal(keys(spool).at(-1), "39");
    spool.close();
  });
});

Deno.test("SP-7: a week offline with two chains at the default size keeps the newest snapshots, and counts what it dropped", async () => {
  const folder = await Deno.makeTempDir({ prefix: "lastmark-week-" });
  try {
    const clock = manualClock(START_MS);
    const dropped: string[] = [];
    const log = jsonLog({
      program: "test",
      level: "info",
      nowMs: () => 0,
      write: (line) => dropped.push(line),
    });
    const spool = openSpool({ folder, clock, log });
    const rounds = 7 * 86_400 / 240;
    const snapshots = 2 * rounds;
    const bodies = Array.from({ length: 16 }, (_, round) => chain(round));
    for (let i = 0; i < snapshots; i++) {
      const json = bodies[i % bodies.length] ?? assert.fail();
      const ticker = i % 2 === 0 ? EA : SPX;
      spool.add({ key: `r-${i}`, ticker, json, storedAtMs: clock.realNowMs() });
      if (i % 2 === 1) clock.advance(240_000);
    }
    const state = spool.state();
    assert.equal(state.depth + state.dropped, snapshots);
    assert.ok(state.dropped > 0, "two chains are more than it holds");
    assert.equal(dropped.length, state.dropped);
    assert.ok(state.bytes <= DEFAULT_SPOOL_MB * MB);
    const kept = spool.waiting();
    assert.deepEqual(
      [kept[0], kept.at(-1)].map((each) => each && spool.read(each.id)?.key),
      [`r-${state.dropped}`, `r-${snapshots - 1}`],
    );
    spool.close();
    const file = (await Deno.stat(`${folder}/spool.sqlite`)).size;
    console.log(
      `${snapshots} snapshots of 3,000 contracts: ${state.bytes} bytes of bodies of ` +
        `${
          Math.round(state.bytes / state.depth)
        } each, a file of ${file}, ${state.dropped} dropped.`,
    );
    const beganMs = performance.now();
    const again = openSpool({ folder, clock, log });
    console.log(
      `Opened again, and looked through, in ${Math.round(performance.now() - beganMs)} ms.`,
    );
    assert.equal(again.waiting().length, kept.length);
    again.close();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** The body of a chain of 3,000 contracts, with prices that move as those of a chain do. */
function chain(round: number): string {
  const spot = 5_000 + 50 * Math.sin(round / 40);
  const symbols: string[] = [];
  const columns: Record<string, (number | null)[]> = {
    bid: [],
    ask: [],
    last: [],
    volume: [],
    open_interest: [],
    implied_vol: [],
    delta: [],
    bid_size: [],
    ask_size: [],
  };
  const put = (name: string, value: number | null): void => void columns[name]?.push(value);
  for (let i = 0; i < 3_000; i++) {
    const strike = 4_000 + 10 * (i % 200);
    const noise = Math.random();
    const right = i < 1_500 ? "C" : "P";
    const expiry = `2609${String(10 + Math.floor(i / 200)).padStart(2, "0")}`;
    symbols.push(`SPX${expiry}${right}${String(strike * 1_000).padStart(8, "0")}`);
    const inside = Math.max(0, right === "C" ? spot - strike : strike - spot);
    const price = Math.round((inside + 60 * Math.exp(-Math.abs(spot - strike) / 300)) * 20) / 20;
    put("bid", Math.max(0.05, price - 0.1 - Math.round(noise * 4) / 20));
    put("ask", price + 0.1 + Math.round(Math.random() * 4) / 20);
    put("last", noise < 0.3 ? null : price);
    put("volume", Math.floor(noise * 500));
    put("open_interest", (i * 37) % 5_000);
    put(
      "implied_vol",
      Math.round((0.15 + Math.abs(spot - strike) / 20_000 + noise / 500) * 1e6) / 1e6,
    );
    put("delta", Math.round((0.5 + (spot - strike) / 4_000 + noise / 1_000) * 1e6) / 1e6);
    put("bid_size", 1 + Math.floor(Math.random() * 100));
    put("ask_size", 1 + Math.floor(Math.random() * 100));
  }
  return JSON.stringify({
    ticker: "SPX",
    agentId: "deals",
    agentTimestamp: new Date(START_MS + round * 240_000).toISOString(),
    mode: "snapshot",
    readId: crypto.randomUUID(),
    spotPrice: Math.round(spot * 100) / 100,
    columns: { symbol: symbols, ...columns, multiplier: 100, market_data_type: "realtime" },
  });
}
