/**
 * A spool whose files were damaged opens again, keeps all that it does not say it lost, and takes
 * new snapshots. Its database, its log and its ledger are cut and have bits flipped, as a program
 * that was killed leaves them.
 */
import { strict as assert } from "node:assert";
import { DatabaseSync } from "node:sqlite";
import { manualClock } from "../../base/clock.ts";
import { parseTicker } from "../../options/contract.ts";
import { jsonLog, silentLog } from "../../telemetry/log.ts";
import { openSpool, type Spool } from "../delivery/spool.ts";

const EA = parseTicker("EA") ?? assert.fail();
const START_MS = Date.UTC(2026, 6, 15);
const FLIPS = 2_000;
const CUT_EVERY_BYTES = 512;

/** The bodies in the spool under test, by key. */
type Bodies = ReadonlyMap<string, string>;

/** A spool's files, as a kill leaves them. */
interface Image {
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  /** What waits in it. */
  readonly bodies: Bodies;
}

/** A small generator of numbers from a seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = state + 0x6d2b79f5 | 0;
    let mixed = Math.imul(state ^ state >>> 15, 1 | state);
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed;
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32;
  };
}

/** JSON that compresses to somewhat less than so many bytes. */
function bodyOf(random: () => number, bytes: number): string {
  const letters = Array.from({ length: bytes }, () => Math.floor(random() * 36).toString(36));
  return JSON.stringify({ ticker: "EA", quotes: letters.join("") });
}

function open(folder: string, log = silentLog): Spool {
  return openSpool({ folder, clock: manualClock(START_MS), log });
}

async function withFolder<T>(work: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir({ prefix: "lastmark-damage-" });
  try {
    return await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Some 64 KiB: snapshots of part of a page and of several, some sent, one rejected. */
function image(): Promise<Image> {
  return withFolder((folder) => {
    const random = seeded(1);
    const spool = open(folder);
    const bodies = new Map<string, string>();
    const ids = new Map<string, number>();
    for (let i = 0; i < 24; i++) {
      const key = `00000000-0000-4000-8000-${String(i).padStart(12, "0")}`;
      const json = bodyOf(random, i % 4 === 0 ? 9_000 : 300 + 40 * i);
      ids.set(key, spool.add({ key, ticker: EA, json, storedAtMs: START_MS + i }).id);
      bodies.set(key, json);
    }
    for (const [index, [key, id]] of [...ids].entries()) {
      if (index % 5 !== 2) continue;
      if (index === 7) spool.reject(id, { status: 400, message: "wrong", atMs: START_MS });
      else spool.remove(id);
      bodies.delete(key);
    }
    // Copied while it is open, as a kill leaves it.
    const files = new Map(
      ["spool.sqlite", "spool.sqlite-wal", "spool.sqlite-shm", "spool.ledger"].map((name) =>
        [name, Deno.readFileSync(`${folder}/${name}`)] as const
      ),
    );
    spool.close();
    return { files, bodies };
  });
}

/** Opens the damaged spool, and holds what it has and says against what was in it. */
function survives(
  { files, bodies }: Image,
  name: string,
  damaged: Uint8Array,
  what: string,
): Promise<number> {
  return withFolder((folder) => {
    for (const [each, bytes] of files) Deno.writeFileSync(`${folder}/${each}`, bytes);
    Deno.writeFileSync(`${folder}/${name}`, damaged);
    const said: string[] = [];
    const log = jsonLog({
      program: "test",
      level: "info",
      nowMs: () => 0,
      write: (line) => said.push(line),
    });
    const spool = open(folder, log);
    const lost = assertHolds(spool, bodies, what);
    if (lost > 0) assert.match(said.join("\n"), /spool\.lost/, what);
    assert.equal(spool.state().mode, "disk", `${what}: ${said.join("\n")}`);
    const { id } = spool.add({ key: "new", ticker: EA, json: '{"new":1}', storedAtMs: START_MS });
    assert.ok(spool.waiting().every((each) => each.id <= id), what);
    const depth = spool.waiting().length;
    spool.close();
    // Once and for all: the next start finds nothing wrong, and the snapshot is there.
    said.length = 0;
    const again = open(folder, log);
    assert.deepEqual(said, [], what);
    assert.deepEqual([again.waiting().length, again.state().dropped], [depth, 0], what);
    assert.equal(again.read(id)?.json, '{"new":1}', what);
    again.close();
    assert.equal(integrity(`${folder}/spool.sqlite`), "ok", what);
    return lost;
  });
}

/** What SQLite itself says of the file. */
function integrity(path: string): unknown {
  const database = new DatabaseSync(path);
  const said = database.prepare("PRAGMA integrity_check").get()?.["integrity_check"];
  database.close();
  return said;
}

/** Every snapshot is there as it was, or counted as lost; returns how many are lost. */
function assertHolds(spool: Spool, bodies: Bodies, what: string): number {
  const there = spool.waiting().map(({ id }) => spool.read(id) ?? assert.fail(what));
  const mine = there.filter(({ key }) => bodies.has(key));
  for (const { key, json } of mine) assert.equal(json, bodies.get(key), what);
  assert.equal(new Set(mine.map(({ key }) => key)).size, mine.length, what);
  const { dropped } = spool.state();
  assert.equal(mine.length + dropped, bodies.size, `${what}: what is lost is counted`);
  assert.equal(there.length, mine.length, `${what}: what was sent stays away`);
  return dropped;
}

Deno.test("SP-8: a spool cut at every 512th byte opens again and counts what it lost", async () => {
  const whole = await image();
  let cuts = 0;
  let lost = 0;
  for (const [name, bytes] of whole.files) {
    for (let length = 0; length < bytes.length; length += CUT_EVERY_BYTES) {
      lost += await survives(whole, name, bytes.subarray(0, length), `${name} cut at ${length}`);
      cuts++;
    }
  }
  console.log(`${cuts} cuts, ${lost} of ${cuts * whole.bodies.size} snapshots lost and counted`);
  assert.ok(lost > 0, "the cuts reach the snapshots");
});

Deno.test("SP-8: a spool with one of 2,000 bits flipped opens again and loses at most one page's snapshots", async () => {
  const whole = await image();
  const random = seeded(2);
  const names = [...whole.files.keys()];
  let lost = 0;
  for (let flip = 0; flip < FLIPS; flip++) {
    // Most of what can be damaged is the database; the other files get their share too.
    const name = flip % 2 === 0 ? "spool.sqlite" : names[(flip - 1) / 2 % names.length];
    assert.ok(name);
    const damaged = whole.files.get(name)?.slice() ?? assert.fail();
    const at = Math.floor(random() * damaged.length);
    damaged[at] = (damaged[at] ?? 0) ^ 1 << Math.floor(random() * 8);
    const gone = await survives(whole, name, damaged, `${name} flipped at byte ${at}`);
    assert.ok(gone <= 6, `${name} flipped at byte ${at} lost ${gone}`);
    lost += gone;
  }
  console.log(`${FLIPS} flips, ${lost} of ${FLIPS * whole.bodies.size} snapshots lost and counted`);
});
