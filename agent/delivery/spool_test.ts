import { strict as assert } from "node:assert";
import { DatabaseSync } from "node:sqlite";
import { manualClock, systemClock } from "../../base/clock.ts";
import { parseTicker, type Ticker } from "../../options/contract.ts";
import { jsonLog, silentLog } from "../../telemetry/log.ts";
import { openSpool, type Spool } from "./spool.ts";
import type { SpoolLimits } from "./spool_disk.ts";
import { appendLedger, gone } from "./spool_ledger.ts";

function ticker(text: string): Ticker {
  const read = parseTicker(text);
  assert.ok(read);
  return read;
}

const clock = systemClock();
const EA = ticker("EA");

/** Random letters do not compress, so that a bound on bytes can be met. */
function text(bytes: number): string {
  return Array.from({ length: bytes }, () => Math.random().toString(36)[2] ?? "x").join("");
}

async function withFolder(work: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "lastmark-spool-" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function open(folder: string, limits?: SpoolLimits): Spool {
  return openSpool({
    folder: `${folder}/spool`,
    clock,
    log: silentLog,
    ...(limits && { limits }),
  });
}

function add(spool: Spool, key: string, json = `{"key":"${key}"}`): number {
  return spool.add({ key, ticker: EA, json, storedAtMs: 1_000 }).id;
}

Deno.test("SP-1: a snapshot that was written is there after the program was killed", async () => {
  await withFolder((folder) => {
    // Not closed, as after kill -9: all that was written is in the log file beside the database.
    const id = add(open(folder), "a");
    const reopened = open(folder);
    assert.deepEqual(reopened.read(id), {
      id,
      ticker: EA,
      key: "a",
      storedAtMs: 1_000,
      json: '{"key":"a"}',
    });
    reopened.close();
  });
});

Deno.test("SP-2: waiting() lists oldest first, and ids never come back after a removal", async () => {
  await withFolder((folder) => {
    const spool = open(folder);
    const ids = ["a", "b"].map((key) => add(spool, key));
    for (const id of ids) spool.remove(id);
    const later = add(spool, "c");
    assert.ok(ids.every((id) => id < later));
    assert.deepEqual(spool.waiting(), [{ id: later, ticker: EA }]);
    spool.close();
  });
});

Deno.test("SP-5: reject() moves a snapshot aside, and keeps a bounded number of them", async () => {
  await withFolder((folder) => {
    const spool = open(folder, { mostBytes: 1_000_000, mostRejected: 2 });
    for (const key of ["a", "b", "c"]) {
      spool.reject(add(spool, key), { status: 400, message: `bad ${key}`, atMs: 2_000 });
    }
    assert.deepEqual(spool.waiting(), []);
    assert.deepEqual(spool.rejected().map((each) => each.message), ["bad b", "bad c"]);
    spool.close();
  });
});

Deno.test("SP-7: a full spool drops its oldest, and says so", async () => {
  await withFolder((folder) => {
    const lines: string[] = [];
    const log = jsonLog({
      program: "test",
      level: "info",
      nowMs: () => 0,
      write: (line) => lines.push(line),
    });
    const limits = { mostBytes: 100_000, mostRejected: 1 };
    const spool = openSpool({ folder, clock, log, limits });
    const ids = ["a", "b", "c"].map((key) => add(spool, key, JSON.stringify(text(60_000))));
    assert.deepEqual(spool.waiting().map((each) => each.id), ids.slice(1));
    assert.match(lines.join("\n"), /spool.dropped/);
    spool.close();
  });
});

Deno.test("SP-8: a file that is no database is set aside, and a new spool begun", async () => {
  await withFolder(async (folder) => {
    const broken = `${folder}/spool`;
    await Deno.mkdir(broken);
    await Deno.writeTextFile(`${broken}/spool.sqlite`, "this is no database".repeat(1_000));
    const spool = open(folder);
    add(spool, "a");
    assert.equal(spool.waiting().length, 1);
    spool.close();
    const names = (await Array.fromAsync(Deno.readDir(broken))).map((entry) => entry.name);
    assert.equal(names.filter((name) => name.includes(".broken-")).length, 1);
  });
});

Deno.test("SP-9: two programs may write to one spool", async () => {
  await withFolder((folder) => {
    const one = open(folder);
    const other = open(folder);
    add(one, "a");
    const id = add(other, "b");
    assert.equal(one.waiting().length, 2);
    assert.equal(one.read(id)?.key, "b");
    one.remove(id);
    assert.equal(other.read(id), undefined);
    one.close();
    other.close();
  });
});

/** The names in a folder that hold a text. */
function named(folder: string, text: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.includes(text))
    .filter((name) => !/-(wal|shm)$/.test(name));
}

/** Has a snapshot be other than what was written, as a bit that flipped in the file. */
function spoil(folder: string, id: number): void {
  const database = new DatabaseSync(`${folder}/spool/spool.sqlite`);
  database.prepare("UPDATE snapshots SET stored_at_ms = stored_at_ms + 1 WHERE id = ?").run(id);
  database.close();
}

Deno.test("SP-8: what a killed rebuilding left is finished where it was complete, and deleted where not", async () => {
  await withFolder((folder) => {
    const spool = open(folder);
    const ids = ["a", "b"].map((key) => add(spool, key));
    spool.close();
    const path = `${folder}/spool/spool.sqlite`;
    Deno.renameSync(path, `${path}.rebuilt`);
    Deno.writeTextFileSync(path, "damaged".repeat(1_000));
    Deno.writeTextFileSync(`${path}.rebuilding`, "half");
    const again = open(folder);
    assert.deepEqual(again.waiting().map(({ id }) => id), ids);
    assert.equal(again.state().dropped, 0);
    assert.deepEqual(named(`${folder}/spool`, ".rebuil"), []);
    assert.equal(named(`${folder}/spool`, ".broken-").length, 1);
    again.close();
  });
});

Deno.test("SP-8: of the damaged files the newest three are kept", async () => {
  await withFolder((folder) => {
    for (let time = 0; time < 5; time++) {
      const spool = open(folder);
      const id = add(spool, `k-${time}`);
      spool.close();
      spoil(folder, id);
    }
    const spool = open(folder);
    assert.equal(spool.state().dropped, 1);
    assert.deepEqual(spool.waiting(), []);
    assert.equal(named(`${folder}/spool`, ".broken-").length, 3);
    spool.close();
  });
});

Deno.test("SP-8: a damaged spool that another program has open is left as it is, until it closes", async () => {
  await withFolder((folder) => {
    const time = manualClock(1_000);
    const other = open(folder);
    const ids = ["a", "b"].map((key) => add(other, key));
    spoil(folder, ids[0] ?? 0);
    const spool = openSpool({ folder: `${folder}/spool`, clock: time, log: silentLog });
    assert.equal(spool.state().mode, "memory");
    add(spool, "c");
    assert.deepEqual(named(`${folder}/spool`, ".broken-"), []);
    other.close();
    time.advance(10_000);
    assert.deepEqual(spool.waiting().map(({ id }) => spool.read(id)?.key), ["b", "c"]);
    assert.deepEqual({ ...spool.state(), bytes: 0 }, {
      depth: 2,
      bytes: 0,
      dropped: 1,
      mode: "disk",
    });
    spool.close();
  });
});

Deno.test("SP-8: a snapshot that goes bad while the agent runs is hidden at once, and counted when the spool was looked through", async () => {
  await withFolder((folder) => {
    const time = manualClock(1_000);
    const spool = openSpool({ folder: `${folder}/spool`, clock: time, log: silentLog });
    const ids = ["a", "b"].map((key) => add(spool, key));
    spoil(folder, ids[0] ?? 0);
    assert.equal(spool.read(ids[0] ?? 0), undefined);
    assert.deepEqual(spool.waiting().map(({ id }) => id), ids.slice(1));
    time.advance(61_000);
    assert.deepEqual(spool.waiting().map(({ id }) => id), ids.slice(1));
    assert.equal(spool.state().dropped, 1);
    assert.equal(spool.read(ids[1] ?? 0)?.key, "b");
    spool.close();
  });
});

Deno.test("SP-8: a database that is gone is a loss that is counted", async () => {
  await withFolder((folder) => {
    const spool = open(folder);
    for (const key of ["a", "b"]) add(spool, key);
    spool.close();
    Deno.removeSync(`${folder}/spool/spool.sqlite`);
    const again = open(folder);
    assert.equal(again.state().dropped, 2);
    // Numbers go on: what knows the old ones must not meet them again.
    assert.equal(add(again, "c"), 3);
    again.close();
  });
});

Deno.test("SP-11: which snapshot of a ticker left last is known after a restart, and after the ledger was shortened", async () => {
  await withFolder((folder) => {
    const spool = open(folder);
    const ids = ["a", "b", "c"].map((key) => add(spool, key));
    spool.remove(ids[1] ?? 0);
    spool.close();
    for (let start = 0; start < 2; start++) {
      const again = open(folder);
      assert.deepEqual([...again.newestGone()], [["EA", ids[1]]]);
      again.close();
    }
  });
});

Deno.test("SP-8: building anew brings back nothing that was about to leave", async () => {
  await withFolder((folder) => {
    const spool = open(folder);
    const [a = 0, b = 0] = ["a", "b", "c"].map((key) => add(spool, key));
    spool.close();
    // Killed between the ledger and the database, and damaged elsewhere.
    appendLedger(`${folder}/spool/spool.ledger`, [gone(a)]);
    spoil(folder, b);
    const again = open(folder);
    assert.deepEqual(again.waiting().map(({ id }) => again.read(id)?.key), ["c"]);
    assert.equal(again.state().dropped, 1);
    again.close();
  });
});
