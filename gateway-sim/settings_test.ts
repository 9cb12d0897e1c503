import { strict as assert } from "node:assert";
import { parseAccounts, parseSpeed, parseTickDelay, parseUpstream, share } from "./settings.ts";

Deno.test("parseTickDelay() reads a range, and one number as both ends", () => {
  assert.deepEqual(parseTickDelay("100-1600"), { leastMs: 100, mostMs: 1600 });
  assert.deepEqual(parseTickDelay("0"), { leastMs: 0, mostMs: 0 });
  for (const wrong of ["", "9-1", "-5", "1.5", "soon"]) {
    assert.throws(() => parseTickDelay(wrong), /Allowed: milliseconds as 0 or 100-1600/);
  }
});

Deno.test("parseAccounts() takes account codes only", () => {
  assert.deepEqual(parseAccounts("DU1234567, U7654321"), ["DU1234567", "U7654321"]);
  for (const wrong of ["", "me", "DU1234567,", "DU123 4567"]) {
    assert.throws(() => parseAccounts(wrong), /Allowed: account codes/);
  }
});

Deno.test("parseUpstream() takes host and port, IPv6 in brackets too", () => {
  assert.deepEqual(parseUpstream("127.0.0.1:7497"), { hostname: "127.0.0.1", port: 7497 });
  assert.deepEqual(parseUpstream("[::1]:4001"), { hostname: "::1", port: 4001 });
  for (const wrong of ["", "7497", "127.0.0.1", "::1:7497", "host:0", "host:70000", "a b:1"]) {
    assert.throws(() => parseUpstream(wrong), /Allowed: host and port/, wrong);
  }
});

Deno.test("parseSpeed() takes a number from 0.1 to 1000", () => {
  assert.deepEqual(["1", "0.5", "1000"].map(parseSpeed), [1, 0.5, 1000]);
  for (const wrong of ["", "0", "0.01", "1001", "-1", "1e2", "fast"]) {
    assert.throws(() => parseSpeed(wrong), /Allowed: a number from 0.1 to 1000/, wrong);
  }
});

Deno.test("share() takes a number from 0 to 1", () => {
  assert.deepEqual(["0", "0.05", ".5", "1", "1.0"].map(share), [0, 0.05, 0.5, 1, 1]);
  for (const wrong of ["", "-0.1", "1.5", "5%", "1e-2", "some"]) {
    assert.throws(() => share(wrong), /Allowed: a share from 0 to 1/, wrong);
  }
});
