import { strict as assert } from "node:assert";
import { browserTest, cell, ea, locateCell } from "./harness.ts";

const CALL = ea("C", 210);
const BEFORE = [{ symbol: CALL, bid: 4.05, ask: 4.2, last: 4.1 }] as const;

browserTest(
  "while the server is away the page says so and keeps its prices; back, it shows what it missed",
  async (stage) => {
    await stage.post("EA", BEFORE);
    const { page } = await stage.open("/chains/EA");
    const offline = page.locator(".offline");
    assert.equal(await offline.innerText(), "");
    await stage.kill();
    await page.getByText("Connection lost").waitFor();
    assert.equal(await cell(page, CALL, "bid"), "4.05");
    const age = parseInt(await cell(page, CALL, "age"));
    await page.waitForFunction(
      ([selector = "", before = ""]) =>
        parseInt(document.querySelector(selector)?.textContent ?? "0") > Number(before),
      [`tr[data-call="${CALL}"] > .call.age`, String(age)],
    );
    await stage.restart();
    // Before the page has found its way back.
    await stage.post("EA", [{ symbol: CALL, ask: 4.3, last: 4.1 }]);
    await locateCell(page, CALL, "ask").getByText("4.30").waitFor();
    assert.equal(await offline.innerText(), "");
    assert.equal(await cell(page, CALL, "bid"), "4.05");
    assert.match(await locateCell(page, CALL, "bid").getAttribute("class") ?? "", /\bnone\b/);
    assert.match(
      await locateCell(page, CALL, "bid").getAttribute("title") ?? "",
      /^no bid now; the last one known was 4\.05, seen .* New York$/,
    );
  },
);

browserTest("the list of tickers says so too, and recovers", async (stage) => {
  await stage.post("EA", BEFORE, { spotPrice: 206.41 });
  const { page } = await stage.open("/");
  await page.getByText("206.41").waitFor();
  await stage.kill();
  await page.getByText("Connection lost").waitFor();
  assert.match(await page.locator('tr[data-ticker="EA"]').innerText(), /206\.41/);
  await stage.restart();
  await stage.post("EA", BEFORE, { spotPrice: 206.5 });
  await page.locator('tr[data-ticker="EA"] .price', { hasText: "206.50" }).waitFor();
  assert.equal(await page.locator(".offline").innerText(), "");
});
