import { strict as assert } from "node:assert";
import { manualClock } from "../../base/clock.ts";
import { hashKey, type KeyCheck, keyText } from "../../db/keys.ts";
import { DatabaseAway } from "../database.ts";
import { KeyCache } from "./key_cache.ts";

const KEY = keyText(new Uint8Array(20).fill(7));
const HASH = hashKey(KEY);
const VALID: KeyCheck = {
  kind: "valid",
  key: { id: "1", agent: "deals", tickers: null, hash: HASH },
};

/** A well-formed key that nobody knows. */
function madeUp(number: number): string {
  const random = new Uint8Array(20);
  new DataView(random.buffer).setUint32(0, number);
  return keyText(random);
}

/** A cache whose database knows one key. */
function cacheOf() {
  const clock = manualClock();
  const database = { key: VALID, away: false, asked: 0 };
  const cache = new KeyCache({
    clock,
    find: (hash) => {
      database.asked++;
      if (database.away) return Promise.reject(new DatabaseAway("silent"));
      const isIt = hash.every((byte, i) => byte === HASH[i]);
      return Promise.resolve(isIt ? database.key : { kind: "unknown" });
    },
  });
  const kindOf = async (text: string): Promise<string> => (await cache.check(text)).kind;
  return { clock, database, cache, kindOf };
}

Deno.test("a key in use is asked about once in two seconds, and no request waits for that", async () => {
  const { clock, database, cache } = cacheOf();
  await cache.check(KEY);
  for (let ms = 0; ms < 60_000; ms += 10) {
    assert.ok(!(cache.check(KEY) instanceof Promise), `waited at ${ms} ms`);
    clock.advance(10);
    await Promise.resolve();
  }
  assert.ok(
    database.asked >= 28 && database.asked <= 31,
    `${database.asked} questions in a minute`,
  );
});

Deno.test("many requests with a key that is not known yet ask the database once", async () => {
  const { database, cache } = cacheOf();
  await Promise.all(Array.from({ length: 50 }, () => cache.check(KEY)));
  assert.equal(database.asked, 1);
});

for (const everyMs of [1, 900, 1_999, 2_001, 3_999, 4_500]) {
  Deno.test(`a key that is revoked opens nothing 5 s later, though it is used every ${everyMs} ms`, async () => {
    const { clock, database, cache, kindOf } = cacheOf();
    // Wherever in the life of what is remembered the revocation falls.
    for (let usesBefore = 1; usesBefore < 8; usesBefore++) {
      database.key = VALID;
      clock.advance(10_000);
      for (let i = 0; i < usesBefore; i++) {
        assert.equal(await kindOf(KEY), "valid");
        clock.advance(everyMs);
      }
      database.key = { kind: "revoked", agent: "deals" };
      for (let ms = everyMs; ms < 5_000; ms += everyMs) {
        await cache.check(KEY);
        clock.advance(everyMs);
      }
      assert.equal(await kindOf(KEY), "revoked");
    }
  });
}

Deno.test("how long an answer is used counts from the question, however long the database took", async () => {
  const clock = manualClock();
  const answer = Promise.withResolvers<KeyCheck>();
  let asked = 0;
  const find = (): Promise<KeyCheck> => asked++ === 0 ? answer.promise : Promise.resolve(VALID);
  const cache = new KeyCache({ clock, find });
  const checked = cache.check(KEY);
  clock.advance(4_500);
  answer.resolve(VALID);
  await checked;
  assert.ok(cache.check(KEY) instanceof Promise);
});

Deno.test("a known key is taken while the database is away, for less than 5 s", async () => {
  const { clock, database, cache, kindOf } = cacheOf();
  await cache.check(KEY);
  database.away = true;
  clock.advance(3_900);
  assert.equal(await kindOf(KEY), "valid");
  clock.advance(200);
  await assert.rejects(kindOf(KEY), DatabaseAway);
  database.away = false;
  assert.equal(await kindOf(KEY), "valid");
});

Deno.test("what cannot be a key is refused without asking and without being remembered", async () => {
  const { database, cache, kindOf } = cacheOf();
  for (
    const text of ["", "lm_agent_", KEY.slice(0, -1), `${KEY}0`, KEY.toUpperCase(), "x".repeat(1e5)]
  ) {
    assert.equal(await kindOf(text), "unknown");
  }
  assert.deepEqual([database.asked, cache.size], [0, 0]);
});

Deno.test("whoever makes keys up neither fills the memory nor drives out a key that is good", async () => {
  const { database, cache, kindOf } = cacheOf();
  await cache.check(KEY);
  for (let i = 0; i < 5_000; i++) await cache.check(madeUp(i));
  assert.ok(cache.size <= 1_001, `${cache.size} are remembered`);
  const asked = database.asked;
  assert.equal(await kindOf(KEY), "valid");
  assert.equal(await kindOf(madeUp(4_999)), "unknown");
  assert.equal(database.asked, asked, "both are remembered");
});

Deno.test("whoever makes keys up occupies the database with a hundred questions and no more", async () => {
  const { clock, database, cache, kindOf } = cacheOf();
  await cache.check(KEY);
  clock.advance(4_500);
  const before = database.asked;
  const checks = Array.from({ length: 300 }, (_, i) => Promise.resolve(cache.check(madeUp(i))));
  const known = kindOf(KEY);
  assert.equal(database.asked - before, 101);
  assert.equal(await known, "valid", "a key that was good is looked up all the same");
  const ends = await Promise.allSettled(checks);
  assert.equal(ends.filter(({ status }) => status === "rejected").length, 200);
});

Deno.test("recheck() asks again about a key that the ingest statement refused", async () => {
  const { database, cache, kindOf } = cacheOf();
  await cache.check(KEY);
  database.key = { kind: "expired", agent: "deals" };
  assert.equal((await cache.recheck(HASH)).kind, "expired");
  assert.equal(await kindOf(KEY), "expired");
});
