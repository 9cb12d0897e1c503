import { strict as assert } from "node:assert";
import { normalCdf, normalPdf } from "./normal.ts";

Deno.test("normalCdf() gives the tabulated probabilities", () => {
  // Abramowitz and Stegun, table 26.1, and mpmath for the tail.
  const table = [[0.5, 0.6914624612740131], [1, 0.8413447460685429], [2, 0.9772498680518208], [
    -3,
    0.0013498980316300946,
  ], [-8, 6.220960574271785e-16]] as const;
  for (const [x, probability] of table) {
    const error = Math.abs(normalCdf(x) - probability);
    assert.ok(
      error < 1e-15 + 1e-13 * probability || (x < -7 && error < 1e-6 * probability),
      `at ${x}`,
    );
  }
});

Deno.test("normalCdf() is symmetric and stays within 0 and 1", () => {
  for (let x = -40; x <= 40; x += 0.37) {
    const sum = normalCdf(x) + normalCdf(-x);
    assert.ok(Math.abs(sum - 1) < 1e-15);
    assert.ok(normalCdf(x) >= 0 && normalCdf(x) <= 1);
  }
});

Deno.test("normalPdf() is the slope of normalCdf()", () => {
  for (const x of [-2, -0.3, 0, 1.1, 3]) {
    const slope = (normalCdf(x + 1e-5) - normalCdf(x - 1e-5)) / 2e-5;
    assert.ok(Math.abs(slope - normalPdf(x)) < 1e-9);
  }
});
