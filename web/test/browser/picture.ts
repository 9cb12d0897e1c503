/**
 * Takes the README's picture of a running page:
 * `deno run -A web/test/browser/picture.ts http://127.0.0.1:8000/chains/CROX docs/img/chain.png`.
 */
import { chromium } from "playwright-core";
import { chromiumPath } from "./chromium_path.ts";

const [url, path, ...rest] = Deno.args;
if (url === undefined || path === undefined || rest.length > 0) {
  console.error("Name the address of a page and the file for its picture.");
  Deno.exit(64);
}
const browser = await chromium.launch({
  executablePath: await chromiumPath(),
  args: ["--no-sandbox"],
});
const page = await browser.newPage({ viewport: { width: 1440, height: 700 } });
await page.goto(url, { waitUntil: "load" });
await page.evaluate(() => document.fonts.ready.then(() => {}));
await page.screenshot({ path });
await browser.close();
