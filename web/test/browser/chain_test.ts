import { strict as assert } from "node:assert";
import { browserTest, cell, ea, locateCell } from "./harness.ts";

const CALL = ea("C", 210);
const PUT = ea("P", 210);

const PRICED = [
  {
    symbol: CALL,
    bid: 4.05,
    ask: 4.2,
    last: 4.1,
    volume: 1234,
    open_interest: 41114,
    implied_vol: 0.295812,
    delta: 0.46875,
    bid_size: 12,
    ask_size: 7,
    market_data_type: "realtime",
  },
  { symbol: PUT, bid: 7.1, ask: 7.3, market_data_type: "realtime" },
] as const;

browserTest("without JavaScript the whole chain can be read", async ({ post, open }) => {
  await post("EA", PRICED, { spotPrice: 206.41 });
  const { page, complaints } = await open("/chains/EA", { javaScriptEnabled: false });
  assert.equal(await page.title(), "EA chain · Lastmark");
  assert.equal(await cell(page, CALL, "bid"), "4.05");
  assert.equal(await cell(page, CALL, "volume"), "1,234");
  assert.equal(await cell(page, CALL, "oi"), "41,114");
  assert.equal(await cell(page, CALL, "iv"), "29.58");
  assert.equal(await locateCell(page, CALL, "iv").getAttribute("data-value"), "0.295812");
  assert.equal(await cell(page, CALL, "delta"), "0.47");
  assert.equal(await cell(page, CALL, "bid-size"), "12");
  assert.equal(await cell(page, PUT, "mid"), "7.20");
  const head = await page.locator(".head").innerText();
  assert.match(head, /EA Electronic Arts/);
  assert.match(head, /206\.41/);
  assert.match(head, /live, \d+ s/);
  assert.match(head, /desk-1/);
  assert.match(head, /210\.00 cash, close 31 Dec 26/);
  assert.deepEqual(complaints, []);
});

browserTest(
  "a price that is posted moves on the open page, alone and without a reload",
  async (stage) => {
    await stage.post("EA", PRICED, { spotPrice: 206.41 });
    const { page, complaints } = await stage.open("/chains/EA");
    await page.locator("tr[data-call]").first().evaluate((row) =>
      row.setAttribute("data-marked", "1")
    );
    await stage.post("EA", [{ symbol: CALL, bid: 4.15, ask: 4.2, last: 4.1 }], { spotPrice: 211 });
    await page.waitForFunction(
      (selector) => document.querySelector(selector)?.textContent === "4.15",
      `tr[data-call="${CALL}"] > .call.bid`,
    );
    assert.match(await locateCell(page, CALL, "bid").getAttribute("class") ?? "", /\blit-[ab]\b/);
    assert.doesNotMatch(await locateCell(page, CALL, "ask").getAttribute("class") ?? "", /\blit-/);
    assert.equal(await page.locator("tr[data-marked]").count(), 1, "the row was drawn anew");
    assert.match(await page.locator(".spotline").innerText(), /spot 211\.00/);
    assert.match(await page.locator(".head").innerText(), /211\.00/);
    assert.match(await locateCell(page, CALL, "bid").getAttribute("class") ?? "", /\bitm\b/);
    // The call's volume was not in this read: none now, and still shown.
    assert.match(await locateCell(page, CALL, "volume").getAttribute("class") ?? "", /\bnone\b/);
    assert.equal(await cell(page, CALL, "volume"), "1,234");
    assert.deepEqual(complaints, []);
  },
);

browserTest("a contract that is new appears on the open page in its place", async (stage) => {
  await stage.post("EA", PRICED, { spotPrice: 206.41 });
  const { page } = await stage.open("/chains/EA");
  await stage.post("EA", [{ symbol: ea("C", 205), bid: 7, ask: 7.5 }]);
  await page.locator(`tr[data-call="${ea("C", 205)}"]`).waitFor();
  const strikes = await page.locator("tbody th.k").allInnerTexts();
  assert.deepEqual(strikes, ["205", "210"]);
  assert.match(await page.locator(`tr[data-call="${ea("C", 205)}"]`).innerText(), /never listed/);
});

browserTest("ages on the open page grow by the server's clock", async ({ sql, post, open }) => {
  await sql`UPDATE installation SET clock_offset_ms = 0`;
  await post("EA", PRICED);
  const { page } = await open("/chains/EA");
  const age = `tr[data-call="${CALL}"] > .call.age`;
  const first = parseInt(await page.locator(age).innerText());
  await page.waitForFunction(
    ([selector = "", before = ""]) =>
      parseInt(document.querySelector(selector)?.textContent ?? "0") >= Number(before) + 2,
    [age, String(first)],
  );
});

browserTest(
  "SPX and SPXW stand apart at one expiry, each under its name",
  async ({ post, open }) => {
    const am = ea("C", 7500, "SPX");
    const pm = ea("C", 7500, "SPXW");
    await post("SPX", [
      { symbol: am, bid: 100, ask: 101 },
      { symbol: pm, bid: 102.5, ask: 103.5 },
    ], { spotPrice: 7575.39 });
    const { page } = await open("/chains/SPX");
    const sections = page.locator("section.root");
    assert.deepEqual(
      await sections.evaluateAll((all) => all.map((one) => one.getAttribute("data-root"))),
      ["SPX", "SPXW"],
    );
    assert.deepEqual(
      (await page.locator("section h2").allInnerTexts()).map((text) => text.split(/\s/)[0]),
      ["SPX", "SPXW"],
    );
    assert.equal(await cell(page, am, "bid"), "100.00");
    assert.equal(await cell(page, pm, "bid"), "102.50");
  },
);

browserTest("the All tab holds every expiry, and moves too", async (stage) => {
  const later = ea("C", 210, "EA", "991219");
  await stage.post("EA", [...PRICED, { symbol: later, bid: 5, ask: 6 }]);
  const { page, complaints } = await stage.open("/chains/EA?expiry=all");
  assert.equal(await page.locator("section.root").count(), 2);
  await stage.post("EA", [{ symbol: later, bid: 5.5, ask: 6 }]);
  await page.locator(`tr[data-call="${later}"] > .bid`, { hasText: "5.50" }).waitFor();
  assert.deepEqual(complaints, []);
});

browserTest("the browser takes over what the server drew without changing it", async (stage) => {
  await stage.post("EA", [...PRICED, { symbol: ea("C", 215) }], { spotPrice: 206.41 });
  const drawn = await stage.open("/chains/EA", { javaScriptEnabled: false });
  // In another zone it tells times by that one's clock, then.
  const taken = await stage.open("/chains/EA", { timezoneId: "America/New_York" });
  // It is hydrated once its ages move.
  const age = await cell(taken.page, CALL, "age");
  await locateCell(taken.page, CALL, "age").getByText(age, { exact: true }).waitFor({
    state: "detached",
  });
  const html = async (page: typeof drawn.page): Promise<string> =>
    (await page.locator('[data-island="ChainView"]').innerHTML())
      .replaceAll(/\b\d+ s\b/g, "n s")
      // The way into the past begins at the moment of the page.
      .replaceAll(/at=[^"]+"/g, 'at=now"')
      // The cell by which the keyboard enters the table.
      .replaceAll(' tabindex="0"', "");
  assert.equal(await html(taken.page), await html(drawn.page));
});
