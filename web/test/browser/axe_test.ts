/** Every page by axe-core, in both lights and on a small screen: no violation of its rules. */
import { strict as assert } from "node:assert";
import axe from "axe-core";
import { createKey } from "../../../db/keys.ts";
import { browserTest, ea } from "./harness.ts";

const CALL = ea("C", 210);

const PAGES = [
  "/",
  "/chains/EA",
  "/chains/EA?expiry=all",
  "/chains/EA?at=2099-01-01T00:00:00Z",
  "/chains/EA/volatility",
  "/chains/AAPL",
  `/contracts/${CALL}`,
  "/agents",
  "/docs",
  "/docs/api",
  "/docs/guides/agents/",
  "/find?q=EA%20210",
  "/nothing-here",
];

const CHAIN = [
  {
    symbol: CALL,
    bid: 4.05,
    ask: 4.2,
    last: 4.1,
    volume: 12,
    open_interest: 7,
    implied_vol: 0.29,
    delta: 0.47,
  },
  { symbol: ea("P", 210), bid: 7.3, ask: 7.1 },
  { symbol: ea("C", 215), ask: 2, implied_vol: 0.31, delta: 0.3 },
  { symbol: ea("C", 220), bid: 1, ask: 1.1, implied_vol: 0.33, delta: 0.2 },
  { symbol: ea("P", 200), bid: 1, ask: 1.1, implied_vol: 0.35, delta: -0.2 },
  { symbol: ea("C", 300) },
] as const;

browserTest("axe finds nothing wrong with any page, light or dark", async (stage) => {
  await stage.post("EA", CHAIN, { spotPrice: 206.41 });
  await stage.post("EA", [{ symbol: CALL, bid: 4.15, ask: 4.2 }]);
  await createKey(stage.sql, { agent: "desk-2" });
  for (const colorScheme of ["light", "dark"] as const) {
    for (const path of PAGES) {
      const { page } = await stage.open(path, {
        colorScheme,
        ...(colorScheme === "dark" ? { viewport: { width: 360, height: 740 } } : {}),
        // axe's own script is put into the page, which the page's policy forbids to everyone else.
        bypassCSP: true,
      });
      await page.locator("html[data-awake]").waitFor();
      await page.evaluate(axe.source);
      const violations = await page.evaluate(async () => {
        // What was evaluated above.
        const { axe: here } = globalThis as unknown as { axe: typeof import("axe-core") };
        const { violations: found } = await here.run();
        return found.map(({ id, nodes }) =>
          `${id}: ${nodes.map(({ html }) => html).slice(0, 3).join(" | ")}`
        );
      });
      assert.deepEqual(violations, [], `${path}, ${colorScheme}`);
      assert.equal(await page.locator("h1").count(), 1, path);
      assert.equal(await page.locator("main").count(), 1, path);
      assert.match(await page.title(), /^.+ · Lastmark$/, path);
      await page.context().close();
    }
  }
});
