import { strict as assert } from "node:assert";
import { hashPassword, isPassword, LEAST_PASSWORD, passwordProblem } from "./password.ts";

Deno.test("a password is kept as an Argon2id hash that only it opens", async () => {
  const hash = await hashPassword("correct horse");
  assert.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  assert.ok(await isPassword(hash, "correct horse"));
  assert.ok(!await isPassword(hash, "correct horse "));
  assert.notEqual(await hashPassword("correct horse"), hash, "each has its own salt");
});

Deno.test("where there is no user no password is right, not even the one that is looked at instead", async () => {
  assert.ok(!await isPassword(null, ""));
  assert.ok(!await isPassword(null, "correct horse"));
});

Deno.test("a password that is short is refused, and says how long one must be", () => {
  assert.match(passwordProblem("x".repeat(LEAST_PASSWORD - 1)) ?? "", /at least 10 characters/);
  assert.equal(passwordProblem("x".repeat(LEAST_PASSWORD)), undefined);
  assert.match(passwordProblem("x".repeat(201)) ?? "", /at most 200/);
});
