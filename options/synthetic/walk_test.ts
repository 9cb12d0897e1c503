import { strict as assert } from "node:assert";
import { walkAt } from "./walk.ts";

const YEAR_MS = 365 * 86_400_000;
const START_MS = Date.UTC(2026, 6, 15);

Deno.test("walkAt() takes steps with the variance of a Brownian motion", () => {
  for (const minutes of [1, 30, 390]) {
    const stepMs = minutes * 60_000;
    let squares = 0;
    const steps = 2000;
    for (let index = 0; index < steps; index++) {
      const atMs = START_MS + index * 1.37 * stepMs;
      squares += (walkAt(5, atMs + stepMs) - walkAt(5, atMs)) ** 2;
    }
    const perYear = Math.sqrt(squares / steps / (stepMs / YEAR_MS));
    assert.ok(Math.abs(perYear - 1) < 0.1, `${minutes} minutes: ${perYear}`);
  }
});

Deno.test("walkAt() comes back: after years it is as near as after weeks", () => {
  for (let seed = 0; seed < 500; seed++) {
    assert.ok(Math.abs(walkAt(seed, START_MS + seed * YEAR_MS / 50)) < 0.8);
  }
});

Deno.test("walkAt() is the same for the same seed and another for another", () => {
  assert.equal(walkAt(1, START_MS), walkAt(1, START_MS));
  assert.notEqual(walkAt(1, START_MS), walkAt(2, START_MS));
});
