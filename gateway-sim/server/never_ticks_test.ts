import { strict as assert } from "node:assert";
import { neverTicks } from "./never_ticks.ts";

const OPTIONS = Array.from({ length: 4_000 }, (_, n) => ({
  secType: "OPT" as const,
  localSymbol: `EA    261218C${String(n * 500).padStart(8, "0")}`,
}));

Deno.test("neverTicks() chooses about the share, always the same, and other ones by another seed", () => {
  const chosen = (share: number, seed: number) => OPTIONS.filter(neverTicks(share, seed));
  const count = chosen(0.05, 1).length;
  assert.ok(count > 140 && count < 260, `${count} of 4,000`);
  assert.deepEqual(chosen(0.05, 1), chosen(0.05, 1));
  assert.notDeepEqual(chosen(0.05, 1), chosen(0.05, 2));
  // A greater share has those of the smaller among it.
  const more = new Set(chosen(0.2, 1));
  assert.ok(chosen(0.05, 1).every((one) => more.has(one)));
  assert.ok(!neverTicks(1, 1)({ secType: "STK", localSymbol: "EA" }));
});
