import { strict as assert } from "node:assert";
import { manualClock } from "../../base/clock.ts";
import { SignInRate } from "./sign_in_rate.ts";

Deno.test("an account is tried ten times at once, from however many addresses, then every six seconds", () => {
  const clock = manualClock();
  const rate = new SignInRate(clock);
  for (let at = 0; at < 10; at++) assert.equal(rate.take("a@x.example", `10.0.0.${at}`), null);
  assert.equal(rate.take(" A@X.example", "10.0.1.1"), 6);
  clock.advance(6_000);
  assert.equal(rate.take("a@x.example", "10.0.1.2"), null);
});

Deno.test("an address tries thirty accounts at once, and no more", () => {
  const rate = new SignInRate(manualClock());
  for (let at = 0; at < 30; at++) assert.equal(rate.take(`${at}@x.example`, "10.0.0.1"), null);
  assert.ok(rate.take("another@x.example", "10.0.0.1") !== null);
  assert.equal(rate.take("another@x.example", "10.0.0.2"), null);
});
