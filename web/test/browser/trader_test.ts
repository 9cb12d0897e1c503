/** What a trader does all day: by keyboard, over a dead line, into the past, on a small screen. */
import { strict as assert } from "node:assert";
import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { browserTest, cell, ea, locateCell, type Posted, type Stage } from "./harness.ts";

const CALL = ea("C", 210);

const OFFLINE = true;
const ONLINE = false;

/** Strikes from 150 on, two and a half apart, calls and puts. */
function chain(strikes: number, bid = 4): Posted[] {
  return Array.from({ length: strikes }, (_, at) => 150 + 2.5 * at).flatMap((strike) =>
    (["C", "P"] as const).map((right) => ({
      symbol: ea(right, strike),
      bid,
      ask: bid + 0.2,
      last: bid + 0.1,
      volume: 10,
      open_interest: 100,
      implied_vol: 0.25,
      delta: right === "C" ? 0.5 : -0.5,
      market_data_type: "realtime",
    }))
  );
}

const inspector = (page: Page): Promise<string> => page.locator(".inspector").innerText();

async function focused(page: Page): Promise<string> {
  return await page.evaluate(() => {
    const cell = document.activeElement?.closest("td, th");
    const strike = cell?.closest("tr")?.querySelector("th.k")?.textContent;
    return `${strike} ${cell?.className.split(" ").slice(0, 2).join(" ")}`;
  });
}

browserTest(
  "the tables are gone through by keyboard, and each cell says its age, kind and times",
  async (stage) => {
    await stage.post("EA", chain(60), { spotPrice: 206.41 });
    const { page, complaints } = await stage.open("/chains/EA", { timezoneId: "Europe/Berlin" });
    await page.locator("html[data-awake]").waitFor();
    await page.locator('th.k[tabindex="0"]').focus();
    assert.equal(await focused(page), "205 k in");
    for (const key of ["ArrowDown", "ArrowLeft", "ArrowLeft"]) await page.keyboard.press(key);
    assert.equal(await focused(page), "207.5 call ask");
    assert.match(
      await inspector(page),
      /^EA 18 Dec 99 207\.5 call · ask 4\.2 · live, \d+ s old, realtime · seen .* New York \(.* Berlin\)/,
    );
    await page.keyboard.press("Home");
    assert.equal(await focused(page), "207.5 call age");
    await page.keyboard.press("End");
    assert.equal(await focused(page), "207.5 put age");
    await page.keyboard.press("Control+Home");
    assert.match(await focused(page), /^157\.5 put age/);
    await page.keyboard.press("PageDown");
    assert.match(await focused(page), /^207\.5 /);
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/contracts\/EA991218P00207500$/);
    await page.locator("html[data-awake]").waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("ea 210 c dec");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/contracts\/EA991218C00210000$/);
    assert.deepEqual(complaints, []);
  },
);

browserTest(
  "a thousand rows are typed through, all of them can be searched and printed",
  async (stage) => {
    await stage.post("EA", chain(1_000), { spotPrice: 206.41 });
    const { page } = await stage.open("/chains/EA");
    assert.equal(await page.locator("tr[data-call]").count(), 40);
    assert.match(
      await page.locator(".more").innerText(),
      /^40 strikes around the money\. All 1,000, from 150 to 2,647\.5$/,
    );
    await page.goto(`${stage.url}/chains/EA?strikes=all`);
    assert.equal(await page.locator("tr[data-call]").count(), 1_000);
    await page.locator('th.k[tabindex="0"]').focus();
    await page.keyboard.press("Control+Home");
    const beganMs = performance.now();
    for (let at = 0; at < 999; at++) await page.keyboard.press("ArrowDown");
    const tookMs = performance.now() - beganMs;
    assert.match(await focused(page), /^2,647\.5 /);
    assert.ok(tookMs < 40_000, `a key takes ${tookMs / 999} ms`);
    const found = await page.evaluate(() =>
      // Of every engine, and of no standard: what Ctrl-F does.
      (globalThis as unknown as { find(text: string): boolean }).find("1,777.5")
    );
    assert.ok(found, "the browser's search finds no strike that is out of sight");
    await page.emulateMedia({ media: "print" });
    const printed = await page.locator("tr[data-call]").evaluateAll((rows) =>
      rows.filter((row) => row.getBoundingClientRect().height > 0).length
    );
    assert.equal(printed, 1_000);
    assert.ok(!await page.locator(".top nav").isVisible(), "the navigation is printed");
    assert.ok((await page.pdf()).length > 100_000);
  },
);

browserTest(
  "the past is shown as it was known, by slider, by link and without scripts",
  async (stage) => {
    await stage.post("EA", chain(3, 4), { spotPrice: 206.41 });
    const firstMs = Date.now();
    await stage.post("EA", [{ symbol: ea("C", 152.5), bid: 9, ask: 9.4 }], { spotPrice: 211 });
    await stage.sql`
    UPDATE batches SET received_at = received_at - interval '1 hour', as_of = as_of - interval '1 hour'
    WHERE seq = 1`;
    const at = new Date(firstMs - 30 * 60_000).toISOString();
    const { page, complaints } = await stage.open(`/chains/EA?at=${at}`);
    assert.match(await page.locator(".then").innerText(), /As it was known on .* New York/);
    assert.equal(await cell(page, ea("C", 152.5), "bid"), "4.00");
    assert.match(await page.locator(".head").innerText(), /206\.41/);
    assert.match(await cell(page, ea("C", 152.5), "age"), /30 min|29 min/);
    const later = await page.locator("text=the read after").getAttribute("href");
    assert.match(later ?? "", /\?expiry=2099-12-18&at=/);
    await page.locator('input[type="range"]').focus();
    await page.keyboard.press("End");
    await page.waitForURL((url) =>
      url.search.includes("at=") && !url.search.includes(at.slice(0, 16))
    );
    assert.equal(await cell(page, ea("C", 152.5), "bid"), "9.00");
    await page.click("text=Back to now");
    await page.locator("text=Fetch option chain").waitFor();
    const still = await stage.open(`/chains/EA?at=${at}`, { javaScriptEnabled: false });
    assert.equal(await cell(still.page, ea("C", 152.5), "bid"), "4.00");
    assert.deepEqual(complaints, []);
  },
);

browserTest("columns that were chosen stay chosen, and go on moving", async (stage) => {
  await stage.post("EA", chain(3, 4), { spotPrice: 206.41 });
  const { page, complaints } = await stage.open("/chains/EA", {
    viewport: { width: 700, height: 600 },
  });
  await page.click("text=Columns");
  for (const name of ["theta per day", "spread"]) {
    await page.getByLabel(name, { exact: true }).check();
  }
  await page.getByLabel("open interest").uncheck();
  await page.click("text=Show these");
  await page.waitForURL(/\/chains\/EA\?expiry=/);
  const symbol = ea("C", 150);
  assert.equal(await cell(page, symbol, "spread"), "0.20");
  assert.equal(await locateCell(page, symbol, "oi").count(), 0);
  await page.reload();
  await stage.post("EA", [{ symbol, bid: 4.05, ask: 4.1, theta: -0.05 }]);
  await page.locator(`tr[data-call="${symbol}"] > .spread`, { hasText: "0.05" }).waitFor();
  assert.equal(await cell(page, symbol, "theta"), "-0.0500");
  const lit = async () => (await locateCell(page, symbol, "spread").getAttribute("class")) ?? "";
  assert.match(await lit(), /\blit-a\b/);
  // Bid and ask change together: the spread brightens once, and anew the next time.
  await stage.post("EA", [{ symbol, bid: 4.1, ask: 4.2, theta: -0.05 }]);
  await page.locator(`tr[data-call="${symbol}"] > .spread`, { hasText: "0.10" }).waitFor();
  assert.match(await lit(), /\blit-b\b/);
  assert.deepEqual(complaints, []);
});

browserTest(
  "a page that was open can be read again while the server is away, and says so",
  async (stage) => {
    await stage.post("EA", chain(3, 4), { spotPrice: 206.41 });
    const { page } = await stage.open("/chains/EA");
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
    await page.reload();
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    await page.reload();
    await stage.kill();
    await page.reload();
    assert.match(
      await page.locator("main > .offline").innerText(),
      /^Offline: the server cannot be reached/,
    );
    assert.equal(await cell(page, ea("C", 150), "bid"), "4.00");
    await stage.restart();
    await page.reload();
    assert.equal(await page.locator("main > .offline").count(), 0);
  },
);

/** Has the installation's clock go on, as if so much time had passed. */
async function passTime(stage: Stage, ms: number): Promise<void> {
  await stage.sql`UPDATE installation SET clock_offset_ms = clock_offset_ms + ${ms}`;
  await stage.kill();
  await stage.restart();
}

browserTest(
  "with no agent the dots go yellow, orange and gray, and no price ever leaves",
  async (stage) => {
    await stage.post("EA", chain(3, 4), { spotPrice: 206.41 });
    const { page } = await stage.open("/chains/EA");
    const row = `tr[data-call="${ea("C", 150)}"]`;
    await page.locator(`${row} .call.age .fresh.live`).waitFor();
    for (
      const [ms, freshness, shape] of [
        [6 * 60_000, "recent", "half"],
        [40 * 60_000, "stale", "ring"],
        [25 * 3_600_000, "cached", "dotted"],
      ] as const
    ) {
      await passTime(stage, ms);
      await page.locator(`${row} .call.age .fresh.${freshness} i.${shape}`).waitFor();
      assert.equal(await cell(page, ea("C", 150), "bid"), "4.00");
      assert.match(await page.locator(".head .facts").innerText(), new RegExp(freshness));
    }
    await page.locator(".reason", { hasText: /No agent is sending prices|market is closed/ })
      .waitFor();
  },
);

browserTest("two tabs move together; one that slept wakes to what it missed", async (stage) => {
  await stage.post("EA", chain(3, 4), { spotPrice: 206.41 });
  const one = await stage.open("/chains/EA");
  const other = await stage.open("/chains/EA");
  await stage.post("EA", [{ symbol: ea("C", 150), bid: 5, ask: 5.2 }]);
  for (const { page } of [one, other]) {
    await page.locator(`tr[data-call="${ea("C", 150)}"] > .bid`, { hasText: "5.00" }).waitFor();
  }
  await other.page.context().setOffline(OFFLINE);
  await stage.post("EA", [{ symbol: ea("C", 150), bid: 6, ask: 6.2 }]);
  await one.page.locator(`tr[data-call="${ea("C", 150)}"] > .bid`, { hasText: "6.00" }).waitFor();
  await other.page.context().setOffline(ONLINE);
  await other.page.locator(`tr[data-call="${ea("C", 150)}"] > .bid`, { hasText: "6.00" }).waitFor();
});

browserTest(
  "a contract's page moves, its charts are zoomed by dragging, and its changes are listed",
  async (stage) => {
    await stage.post("EA", chain(30, 4), { spotPrice: 206.41 });
    await stage.post("EA", [{ symbol: CALL, bid: 4.1, ask: 4.3 }]);
    const { page, complaints } = await stage.open(`/contracts/${CALL}`);
    assert.match(await page.locator("h1").innerText(), /^EA 18 Dec 99 210 call/);
    assert.match(
      await page.locator(".changes").innerText(),
      /bid 4\.00 → 4\.10 · ask 4\.20 → 4\.30/,
    );
    const value = page.locator('tr[data-field="bid"] .value');
    assert.equal(await value.innerText(), "4.10");
    await stage.post("EA", [{ symbol: CALL, bid: 4.25, ask: 4.3 }]);
    await page.locator('tr[data-field="bid"] .value', { hasText: "4.25" }).waitFor();
    const chart = page.locator(".plot .u-over").first();
    await chart.waitFor();
    const before = await page.locator(".charts > [role=status]").innerText();
    const box = await chart.boundingBox();
    assert.ok(box);
    await page.mouse.move(box.x + 50, box.y + 50);
    await page.mouse.down();
    await page.mouse.move(box.x + 200, box.y + 60, { steps: 5 });
    await page.mouse.up();
    await page.waitForFunction(
      (text) => document.querySelector(".charts > [role=status]")?.textContent !== text,
      before,
    );
    assert.deepEqual(complaints, []);
  },
);

browserTest("numbers and times are written as the reader's browser has them", async (stage) => {
  await stage.post("EA", [{ symbol: CALL, bid: 1234.5, ask: 1240, volume: 41114 }], {
    spotPrice: 1206.41,
  });
  const { page, complaints } = await stage.open("/chains/EA", { locale: "de-DE" });
  assert.equal(await cell(page, CALL, "bid"), "1.234,50");
  assert.equal(await cell(page, CALL, "volume"), "41.114");
  await stage.post("EA", [{ symbol: CALL, bid: 1234.75, ask: 1240 }]);
  await page.locator(`tr[data-call="${CALL}"] > .bid`, { hasText: "1.234,75" }).waitFor();
  assert.deepEqual(complaints, []);
});

browserTest("nothing moves its place because a price changed", async (stage) => {
  await stage.post("EA", chain(30, 4), { spotPrice: 206.41 });
  const { page } = await stage.open("/chains/EA");
  await page.locator(".inspector").waitFor();
  await page.evaluate(() => document.fonts.ready.then(() => {}));
  const places = (): Promise<number[]> =>
    page.locator(".chain thead th").evaluateAll((all) =>
      all.map((one) => one.getBoundingClientRect().left)
    );
  const before = await places();
  await stage.post("EA", chain(30, 812.35), { spotPrice: 206.52 });
  await page.locator(`tr[data-call="${CALL}"] > .call.bid`, { hasText: "812.35" }).waitFor();
  assert.deepEqual(await places(), before);
});

const PAGES = [
  "/",
  "/chains/EA",
  "/chains/EA/volatility",
  `/contracts/${CALL}`,
  "/agents",
  "/docs",
  "/find?q=x",
];

/** How much script a page may load, by gzip: with charts, and without. */
const SCRIPT_BYTES = { plain: 25_000, charts: 60_000 } as const;

browserTest("a page loads little script, and asks nobody but its own server", async (stage) => {
  await stage.post("EA", chain(30, 4), { spotPrice: 206.41 });
  for (const path of PAGES) {
    const { page } = await stage.open("/ping");
    const bodies: Promise<Buffer>[] = [];
    const foreign: string[] = [];
    page.on("request", (request) => {
      const { origin, protocol } = new URL(request.url());
      if (protocol.startsWith("http") && origin !== new URL(stage.url).origin) {
        foreign.push(request.url());
      }
    });
    page.on("response", (response) => {
      if (response.url().endsWith(".js") && !response.url().endsWith("/sw.js")) {
        bodies.push(response.body());
      }
    });
    await page.goto(stage.url + path, { waitUntil: "networkidle" });
    const sizes = (await Promise.all(bodies)).map((body) => gzipSync(body).length);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const most = path.startsWith("/contracts/") ? SCRIPT_BYTES.charts : SCRIPT_BYTES.plain;
    assert.ok(total > 1_000 && total <= most, `${path} loads ${total} bytes of script`);
    assert.deepEqual(foreign, [], path);
    await page.context().close();
  }
});

browserTest(
  "of a chain of 3,000 contracts a phone shows the first rows within a second",
  async (stage) => {
    const expiries = ["991218", "991120", "991016", "990918", "990821"];
    const contracts = expiries.flatMap((day) =>
      Array.from({ length: 300 }, (_, at) => 60 + at).flatMap((strike) =>
        (["C", "P"] as const).map((right) => ({
          symbol: ea(right, strike, "EA", day),
          bid: 4 + strike / 100,
          ask: 4.2 + strike / 100,
          last: 4.1,
          volume: strike,
          open_interest: 7 * strike,
          implied_vol: 0.2 + strike / 1e4,
          delta: strike / 1e3,
        }))
      )
    );
    await stage.post("EA", contracts, { spotPrice: 206.41 });
    // The page that a phone opens first is asked for by others before.
    await (await fetch(`${stage.url}/chains/EA`)).text();
    const { page } = await stage.open("/ping", { viewport: { width: 360, height: 740 } });
    const devtools = await page.context().newCDPSession(page);
    // Lighthouse's "slow 4G" and its slow-down of the processor.
    await devtools.send("Network.enable");
    await devtools.send("Network.emulateNetworkConditions", {
      offline: false,
      latency: 150,
      downloadThroughput: 1_638_400 / 8,
      uploadThroughput: 675_000 / 8,
    });
    await devtools.send("Emulation.setCPUThrottlingRate", { rate: 4 });
    let bytes = 0;
    devtools.on("Network.loadingFinished", (event) => {
      if (event.requestId === documentId) bytes = event.encodedDataLength;
    });
    let documentId = "";
    devtools.on("Network.responseReceived", (event) => {
      if (event.type === "Document") documentId = event.requestId;
    });
    await page.goto(`${stage.url}/chains/EA`, { waitUntil: "load" });
    const paintedMs = await page.evaluate(() =>
      performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN
    );
    assert.ok(await page.locator("tr[data-call]").first().isVisible());
    assert.ok(bytes > 5_000 && bytes <= 60_000, `the page has ${bytes} bytes`);
    assert.ok(paintedMs < 1_000, `first painted after ${paintedMs} ms`);
    console.log(`${bytes} bytes, painted after ${Math.round(paintedMs)} ms`);
  },
);
