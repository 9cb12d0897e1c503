import { strict as assert } from "node:assert";
import fc from "fast-check";
import {
  createKey,
  hashKey,
  isWellFormedKey,
  keyCovers,
  keyText,
  listKeys,
  markKeysUsed,
  revokeKey,
  rotateKey,
  verifyKey,
} from "./keys.ts";
import { EA, ticker } from "./test/fixtures.ts";
import { withTestDatabase } from "./testing.ts";

const HOUR_MS = 3_600_000;

Deno.test("a key is 160 random bits and a checksum that a changed letter breaks", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 20, maxLength: 20 }),
      fc.nat({ max: 39 }),
      fc.constantFrom(..."0123456789abcdefghjkmnpqrstvwxyz"),
      (random, place, letter) => {
        const key = keyText(random);
        assert.match(key, /^lm_agent_[0-9a-z]{40}$/);
        assert.ok(isWellFormedKey(key));
        const at = "lm_agent_".length + place;
        if (key[at] === letter) return;
        assert.ok(!isWellFormedKey(key.slice(0, at) + letter + key.slice(at + 1)));
      },
    ),
  );
});

Deno.test("keyCovers() takes an agent and its numbered set, and no other", () => {
  const yes = [["deals", "deals"], ["deals", "deals-0"], ["deals", "deals-31"], ["a-1", "a-1"]];
  const no = [
    ["deals", "dealsx"],
    ["deals", "deals-"],
    ["deals", "deals-x"],
    ["deals-0", "deals"],
    ["deals-0", "deals-1"],
    ["deals", "deals-00"],
    ["deals", "deals-01"],
    ["deals", "deals-1-2"],
    ["deals", "other"],
  ];
  for (const [owner = "", agent = ""] of yes) {
    assert.ok(keyCovers(owner, agent), `${owner} ${agent}`);
  }
  for (const [owner = "", agent = ""] of no) {
    assert.ok(!keyCovers(owner, agent), `${owner} ${agent}`);
  }
});

Deno.test("createKey() shows a key once; of it only a hash is kept", async () => {
  await withTestDatabase(async (sql) => {
    const { id, key } = await createKey(sql, { agent: "deals" });
    assert.deepEqual(await verifyKey(sql, key), {
      kind: "valid",
      key: { id, agent: "deals", tickers: null, hash: hashKey(key) },
    });
    const [row] = await sql`SELECT to_jsonb(keys)::text AS all FROM keys`;
    assert.ok(!String(row?.["all"]).includes(key.slice("lm_agent_".length)));
    assert.equal((await verifyKey(sql, keyText(new Uint8Array(20)))).kind, "unknown");
    assert.equal((await verifyKey(sql, "lm_agent_")).kind, "unknown");
  });
});

Deno.test("a revoked and an expired key say what they are", async () => {
  await withTestDatabase(async (sql) => {
    const revoked = await createKey(sql, { agent: "deals" });
    assert.ok(await revokeKey(sql, revoked.id));
    assert.ok(!(await revokeKey(sql, revoked.id)));
    assert.ok(!(await revokeKey(sql, "no number")));
    assert.equal((await verifyKey(sql, revoked.key)).kind, "revoked");
    const expired = await createKey(sql, { agent: "deals", expiresAtMs: Date.UTC(2020, 0) });
    assert.equal((await verifyKey(sql, expired.key)).kind, "expired");
    const listed = await listKeys(sql);
    assert.deepEqual(listed.map(({ id, agent }) => ({ id, agent })), [
      { id: revoked.id, agent: "deals" },
      { id: expired.id, agent: "deals" },
    ]);
    assert.ok(listed[0]?.revokedAtMs !== null && listed[1]?.expiresAtMs === Date.UTC(2020, 0));
  });
});

Deno.test("createKey() refuses a name that is none", async () => {
  await withTestDatabase(async (sql) => {
    await assert.rejects(createKey(sql, { agent: "no name" }), /"no name"/);
  });
});

Deno.test("a key keeps the tickers that it was made for", async () => {
  await withTestDatabase(async (sql) => {
    const tickers = [EA, ticker("BRK-B")];
    const { key } = await createKey(sql, { agent: "deals", tickers });
    const check = await verifyKey(sql, key);
    assert.ok(check.kind === "valid");
    assert.deepEqual(check.key.tickers, tickers);
    assert.deepEqual((await listKeys(sql)).map((listed) => listed.tickers), [tickers]);
  });
});

Deno.test("rotateKey() makes another of the same kind, and both are valid until the overlap is over", async () => {
  await withTestDatabase(async (sql) => {
    const old = await createKey(sql, { agent: "deals", tickers: [EA] });
    const made = await rotateKey(sql, old.id, { overlapMs: HOUR_MS });
    assert.ok(made && made.key !== old.key);
    assert.deepEqual([made.agent, made.expiresAtMs], ["deals", null]);
    for (const { key } of [old, made]) assert.equal((await verifyKey(sql, key)).kind, "valid");
    const [first, second] = await listKeys(sql);
    assert.ok(first?.expiresAtMs && second);
    const overlapMs = first.expiresAtMs - second.createdAtMs;
    assert.ok(Math.abs(overlapMs - HOUR_MS) <= 1, `${overlapMs} ms`);
    assert.deepEqual([second.tickers, second.expiresAtMs], [[EA], null]);

    const atOnce = await rotateKey(sql, made.id, { overlapMs: 0 });
    assert.ok(atOnce);
    assert.equal((await verifyKey(sql, made.key)).kind, "expired");
    assert.equal((await verifyKey(sql, atOnce.key)).kind, "valid");
  });
});

Deno.test("rotateKey() gives the new key as long a life as the old one had, and never prolongs the old one's", async () => {
  await withTestDatabase(async (sql) => {
    const expiresAtMs = Date.now() + HOUR_MS;
    const old = await createKey(sql, { agent: "deals", expiresAtMs });
    await sql`UPDATE keys SET created_at = created_at - interval '89 hours'`;
    const made = await rotateKey(sql, old.id, { overlapMs: 24 * HOUR_MS });
    assert.ok(made?.expiresAtMs);
    const lifeMs = made.expiresAtMs - Date.now();
    assert.ok(Math.abs(lifeMs - 90 * HOUR_MS) < 60_000, `${lifeMs} ms`);
    assert.equal((await listKeys(sql))[0]?.expiresAtMs, expiresAtMs);
    const until = await rotateKey(sql, made.id, { overlapMs: 0, expiresAtMs });
    assert.equal(until?.expiresAtMs, expiresAtMs);
  });
});

Deno.test("rotateKey() makes none for a key that is not there, revoked or expired", async () => {
  await withTestDatabase(async (sql) => {
    const revoked = await createKey(sql, { agent: "deals" });
    await revokeKey(sql, revoked.id);
    const expired = await createKey(sql, { agent: "deals", expiresAtMs: Date.UTC(2020, 0) });
    for (const id of [revoked.id, expired.id, "4711", "no number"]) {
      assert.equal(await rotateKey(sql, id, { overlapMs: 0 }), undefined);
    }
    assert.equal((await listKeys(sql)).length, 2);
  });
});

Deno.test("markKeysUsed() keeps the newest use, and waits for nobody", async () => {
  await withTestDatabase(async (sql) => {
    const { id } = await createKey(sql, { agent: "deals" });
    const other = await createKey(sql, { agent: "other" });
    const usedAgoMs = async (of: string): Promise<number | null> => {
      const at = (await listKeys(sql)).find((key) => key.id === of)?.lastUsedAtMs;
      return at === null || at === undefined ? null : Date.now() - at;
    };
    assert.equal(await usedAgoMs(id), null);
    await markKeysUsed(sql, [{ id, agoMs: 3 * HOUR_MS }, { id: "4711", agoMs: 0 }]);
    await markKeysUsed(sql, [{ id, agoMs: HOUR_MS }]);
    await markKeysUsed(sql, [{ id, agoMs: 2 * HOUR_MS }]);
    const agoMs = await usedAgoMs(id);
    assert.ok(agoMs !== null && Math.abs(agoMs - HOUR_MS) < 60_000, `${agoMs} ms`);
    await sql.begin(async (held) => {
      await held`SELECT FROM keys WHERE id = ${id}::bigint FOR UPDATE`;
      await markKeysUsed(sql, [{ id, agoMs: 0 }, { id: other.id, agoMs: HOUR_MS }]);
    });
    assert.notEqual(await usedAgoMs(other.id), null);
  });
});
