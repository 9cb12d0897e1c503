import { strict as assert } from "node:assert";
import { browserTest, ea } from "./harness.ts";

const PRICED = [
  { symbol: ea("C", 210), bid: 4.05, ask: 4.2, market_data_type: "realtime" },
  { symbol: ea("P", 210), bid: 7.1, ask: 7.3, market_data_type: "realtime" },
] as const;

/** As wide as the cells of an index can be. */
const WIDE = {
  symbol: ea("C", 1210.5),
  bid: 17_367.6,
  ask: 17_391.6,
  last: 17_270.12,
  volume: 123_456,
  open_interest: 1_234_567,
  implied_vol: 11.886212,
  delta: 0.000412,
  bid_size: 1_234,
  ask_size: 1_234,
} as const;

browserTest(
  "the list of tickers moves by itself, and can be read without JavaScript",
  async (stage) => {
    await stage.post("EA", PRICED, { spotPrice: 206.41 });
    const { page, complaints } = await stage.open("/");
    const row = page.locator('tr[data-ticker="EA"]');
    assert.match(await row.innerText(), /206\.41/);
    assert.match(await row.innerText(), /deal: 210\.00 cash, close 31 Dec 26/);
    assert.match(await page.locator('tr[data-ticker="AAPL"]').innerText(), /nothing read yet/);
    await stage.post("EA", PRICED, { spotPrice: 206.75 });
    await page.locator('tr[data-ticker="EA"] .price', { hasText: "206.75" }).waitFor();
    assert.deepEqual(complaints, []);

    const still = await stage.open("/", { javaScriptEnabled: false });
    const text = await still.page.locator('tr[data-ticker="EA"]').innerText();
    assert.match(text, /206\.75/);
    assert.match(text, /live, \d+ s/);
    await still.page.getByRole("link", { name: "EA", exact: true }).click();
    assert.equal(await still.page.title(), "EA chain · Lastmark");
  },
);

browserTest("a ticker of which nothing is known says which command to run", async ({ open }) => {
  const { page, complaints } = await open("/chains/AAPL");
  const text = await page.locator("main").innerText();
  assert.match(text, /Nothing is known of this chain yet/);
  assert.match(text, /deno task agent fetch --ticker AAPL --test/);
  assert.deepEqual(complaints, []);
});

browserTest(
  "a page of which nothing is known becomes the chain's when the first prices come",
  async (stage) => {
    const { page, complaints } = await stage.open("/chains/EA");
    await page.getByText("Nothing is known of this chain yet").waitFor();
    await stage.post("EA", PRICED, { spotPrice: 206.41 });
    await page.locator(`tr[data-call="${PRICED[0].symbol}"]`).waitFor();
    assert.equal(await page.getByText("Nothing is known").count(), 0);
    assert.deepEqual(complaints, []);
  },
);

browserTest("without any ticker the list says how to get one", async ({ sql, open }) => {
  await sql`DELETE FROM watches`;
  await sql`UPDATE deals SET removed_at = now()`;
  const { page } = await open("/");
  await page.getByText("deno task watch add AAPL").waitFor();
});

browserTest("what is not there is a page that says what is so", async ({ post, open }) => {
  const unwatched = await open("/chains/IBM");
  assert.match(await unwatched.page.innerText("main"), /deno task watch add IBM/);
  const nonsense = await open("/chains/no%20such%20ticker!");
  assert.match(await nonsense.page.innerText("main"), /names no ticker/);
  const elsewhere = await open("/elsewhere");
  assert.equal(await elsewhere.page.title(), "Not found · Lastmark");
  await post("EA", PRICED);
  const expiry = await open("/chains/EA?expiry=2031-01-17");
  assert.match(await expiry.page.innerText("main"), /EA has no such expiry/);
});

browserTest("tabs lead to each expiry, and the one that is shown is marked", async (stage) => {
  const later = { symbol: ea("C", 215, "EA", "991219"), bid: 3, ask: 3.1 };
  await stage.post("EA", [...PRICED, later]);
  const { page } = await stage.open("/chains/EA");
  assert.match(await page.locator(".tabs [aria-current]").innerText(), /^18 Dec 99/);
  await page.locator(".tabs a", { hasText: "19 Dec 99" }).click();
  await page.locator(`tr[data-call="${later.symbol}"]`).waitFor();
  assert.match(await page.locator(".tabs [aria-current]").innerText(), /^19 Dec 99/);
  assert.equal(await page.locator("section.root").count(), 1);
});

const PATHS = ["/", "/chains/EA", "/chains/EA?expiry=all"];

browserTest(
  "nothing is wider than its place, at any width that shows other columns",
  async (stage) => {
    await stage.post("EA", [...PRICED, WIDE, { symbol: ea("P", 1215) }], { spotPrice: 206.41 });
    const more = ["/chains/EA/volatility", `/contracts/${ea("C", 210)}`, "/agents", "/docs"];
    for (const path of [...PATHS, ...more]) {
      const { page } = await stage.open(path);
      for (const width of [360, 661, 921, 1181, 1291, 1440, 3840]) {
        await page.setViewportSize({ width, height: 800 });
        assert.deepEqual(await page.evaluate(overflows), [], `${path} at ${width} px`);
      }
    }
  },
);

browserTest("text has a contrast of 4.5 in both lights", async (stage) => {
  await stage.post("EA", [...PRICED, WIDE, { symbol: ea("P", 1215) }], { spotPrice: 206.41 });
  await stage.post("EA", [{ symbol: ea("C", 210), ask: 4.2 }]);
  for (const colorScheme of ["light", "dark"] as const) {
    for (const path of PATHS) {
      const { page } = await stage.open(path, { colorScheme });
      assert.deepEqual(await page.evaluate(lowContrasts), [], `${path}, ${colorScheme}`);
    }
  }
});

/** Runs in the page: what is wider than its place; on phones a table may be scrolled. */
function overflows(): string[] {
  return [document.documentElement, ...document.querySelectorAll("main, .head, .root")]
    .filter((one) => getComputedStyle(one).overflowX !== "auto")
    .filter((one) => one.scrollWidth > one.clientWidth)
    .map((one) => `${one.tagName} ${one.className}: ${one.scrollWidth - one.clientWidth} px`);
}

/** Runs in the page: the texts whose contrast with what is behind them is under 4.5. */
function lowContrasts(): string[] {
  const channels = (colour: string): number[] => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const light = (colour: string): number =>
    channels(colour).slice(0, 3)
      .map((one) => one / 255)
      .map((one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
      .reduce((sum, one, index) => sum + one * ([0.2126, 0.7152, 0.0722][index] ?? 0), 0);
  const behind = (start: Element): string => {
    for (let one: Element | null = start; one; one = one.parentElement) {
      const colour = getComputedStyle(one).backgroundColor;
      if ((channels(colour)[3] ?? 1) > 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const low: string[] = [];
  for (const element of document.querySelectorAll("main *, header *")) {
    const text = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE)
      .map((node) => node.textContent?.trim()).join("");
    if (text === "" || element.tagName === "SCRIPT") continue;
    const [one = 0, other = 0] = [light(getComputedStyle(element).color), light(behind(element))]
      .sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    if (ratio < 4.5) low.push(`${element.className}: ${text} (${ratio.toFixed(2)})`);
  }
  return low;
}
