import { strict as assert } from "node:assert";
import fc from "fast-check";
import {
  createKey,
  isWellFormedKey,
  keyCovers,
  keyText,
  listKeys,
  revokeKey,
  verifyKey,
} from "./keys.ts";
import { withTestDatabase } from "./testing.ts";

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
    const check = await verifyKey(sql, key);
    assert.equal(check.kind, "valid");
    assert.deepEqual({ ...check, hash: null }, { kind: "valid", id, agent: "deals", hash: null });
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
