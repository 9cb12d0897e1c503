/**
 * Takes the pictures of the guides: `deno task pictures [folder] [--replay DIR]`. It runs all of
 * Lastmark on a folder of its own, on the made-up market or on recorded chains, looks at each page
 * as a trader does, and ends it.
 */
import { chromium, type Page } from "playwright-core";
import { linesOf } from "../../../base/child_lines.ts";
import { chromiumPath } from "./chromium_path.ts";

interface Picture {
  readonly name: string;
  readonly path: string;
  readonly height: number;
  readonly width?: number;
  readonly isDark?: true;
  readonly before?: (page: Page) => Promise<void>;
}

const PHONE = 390;

function picturesOf(ticker: string, contract: string): readonly Picture[] {
  const chain = `/chains/${ticker}`;
  return [
    { name: "tickers", path: "/", height: 620, isDark: true },
    {
      name: "chain",
      path: chain,
      height: 760,
      before: (page) => page.locator("tr[data-call] > .call.iv").nth(12).hover(),
    },
    { name: "chain-phone", path: chain, height: 800, width: PHONE },
    { name: "volatility", path: `${chain}/volatility`, height: 1_000 },
    {
      name: "contract",
      path: `/contracts/${contract}`,
      height: 1_000,
      before: (page) => page.locator(".u-legend").first().waitFor(),
    },
    { name: "agents", path: "/agents", height: 760, isDark: true },
  ];
}

/** Runs all of Lastmark until its first chains are read; where it is. */
async function run(data: string, replay: readonly string[]): Promise<[string, Deno.ChildProcess]> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["task", "start", "--no-auth", "--port", "0", "--data", data, ...replay],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const url = Promise.withResolvers<string>();
  void (async () => {
    for await (const line of linesOf(child.stdout)) {
      console.error(line);
      const found = /Lastmark is at (\S+)/.exec(line)?.[1];
      if (found !== undefined) url.resolve(found);
    }
    url.reject(new Error("it ended"));
  })();
  return [await url.promise, child];
}

interface Tickers {
  readonly tickers: readonly { readonly ticker: string; readonly contractCount: number }[];
}
interface Chain {
  readonly spotPrice: number;
  readonly contracts: readonly { readonly symbol: string; readonly strike: number }[];
}

async function json<T>(url: string): Promise<T> {
  // Our own server's answer, of which only these fields are looked at.
  return await (await fetch(url)).json() as T;
}

/** Waits until every ticker was read, and says which chain is shown. */
async function whatToShow(url: string): Promise<[ticker: string, contract: string]> {
  const endMs = Date.now() + 120_000;
  for (;;) {
    const { tickers } = await json<Tickers>(`${url}/api/tickers`);
    if (tickers.length > 0 && tickers.every(({ contractCount }) => contractCount > 0)) {
      const ticker = tickers.find((one) => one.ticker === "AAPL") ?? tickers[0];
      const chain = await json<Chain>(`${url}/api/chains/${ticker?.ticker}`);
      const money = chain.contracts.toSorted((a, b) =>
        Math.abs(a.strike - chain.spotPrice) - Math.abs(b.strike - chain.spotPrice)
      );
      return [ticker?.ticker ?? "", money[8]?.symbol ?? ""];
    }
    if (Date.now() > endMs) throw new Error("not every ticker was read in two minutes");
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

const [folder = "docs/img", ...rest] = Deno.args;
if (folder.startsWith("-") || (rest.length > 0 && (rest[0] !== "--replay" || rest.length !== 2))) {
  console.error("Usage: deno task pictures [folder] [--replay DIR]");
  Deno.exit(64);
}
const data = await Deno.makeTempDir({ prefix: "lastmark-pictures-" });
const [url, child] = await run(data, rest);
const browser = await chromium.launch({
  executablePath: await chromiumPath(),
  args: ["--no-sandbox"],
});
try {
  for (const picture of picturesOf(...await whatToShow(url))) {
    const page = await browser.newPage({
      viewport: { width: picture.width ?? 1440, height: picture.height },
      colorScheme: picture.isDark ? "dark" : "light",
      timezoneId: "America/New_York",
    });
    await page.goto(url + picture.path, { waitUntil: "load" });
    await page.locator("html[data-awake]").waitFor();
    await picture.before?.(page);
    await page.evaluate(() => document.fonts.ready.then(() => {}));
    await page.screenshot({ path: `${folder}/${picture.name}.png` });
    console.error(`${folder}/${picture.name}.png`);
    await page.close();
  }
} finally {
  await browser.close();
  child.kill("SIGINT");
  await child.status;
  await Deno.remove(data, { recursive: true });
}
