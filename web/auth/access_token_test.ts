import { strict as assert } from "node:assert";
import { SignJWT } from "jose";
import { readAccessToken, signAccessToken } from "./access_token.ts";

const KEY = new Uint8Array(32).fill(7);

Deno.test("a token says whose it is to who has the key, and nothing to others", async () => {
  const token = await signAccessToken(KEY, "12");
  assert.deepEqual(await readAccessToken(KEY, token), { kind: "user", userId: "12" });
  assert.deepEqual(await readAccessToken(new Uint8Array(32), token), { kind: "wrong" });
  assert.deepEqual(await readAccessToken(KEY, `${token.slice(0, -2)}xx`), { kind: "wrong" });
  assert.deepEqual(await readAccessToken(KEY, "lm_agent_key"), { kind: "wrong" });
});

Deno.test("a token that is over says so; one without a signature or for others is wrong", async () => {
  const now = Math.floor(Date.now() / 1_000);
  const over = await new SignJWT().setProtectedHeader({ alg: "HS256" }).setSubject("12")
    .setAudience("lastmark").setExpirationTime(now - 10).sign(KEY);
  assert.deepEqual(await readAccessToken(KEY, over), { kind: "expired" });
  const others = await new SignJWT().setProtectedHeader({ alg: "HS256" }).setSubject("12")
    .setAudience("others").setExpirationTime(now + 10).sign(KEY);
  assert.deepEqual(await readAccessToken(KEY, others), { kind: "wrong" });
  const part = (value: object) => btoa(JSON.stringify(value)).replaceAll("=", "");
  const unsigned = `${part({ alg: "none" })}.${
    part({ sub: "12", aud: "lastmark", exp: now + 10 })
  }.`;
  assert.deepEqual(await readAccessToken(KEY, unsigned), { kind: "wrong" });
  const endless = await new SignJWT().setProtectedHeader({ alg: "HS256" }).setSubject("12")
    .setAudience("lastmark").sign(KEY);
  assert.deepEqual(await readAccessToken(KEY, endless), { kind: "wrong" });
});
