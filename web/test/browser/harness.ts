/**
 * What a test in the browser needs: the real server on a database of its own, a key to post prices
 * with, and Chromium.
 */
import { strict as assert } from "node:assert";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import type { Sql } from "../../../db/connect.ts";
import { saveDeal } from "../../../db/deals.ts";
import { createKey } from "../../../db/keys.ts";
import { withTestDatabase } from "../../../db/testing.ts";
import { addWatch } from "../../../db/watches.ts";
import { parseTicker } from "../../../options/contract.ts";
import { build, isBuilt } from "../../build.ts";
import { chromiumPath } from "./chromium_path.ts";
import { startWeb, type WebProcess } from "../web_process.ts";

/** A contract as an agent posts it; what is left out is none. */
export type Posted = Readonly<Record<string, unknown>> & { readonly symbol: string };

/** What a test is given. */
export interface Stage {
  readonly sql: Sql;
  /** The server; another one after {@link Stage.restart}. */
  readonly url: string;
  /** Opens a page that records what Chromium complains of. */
  open(path: string, options?: BrowserContextOptions): Promise<Watched>;
  /** Posts contracts as the agent `desk-1` does, and waits until they are stored. */
  post(ticker: string, contracts: readonly Posted[], more?: object): Promise<void>;
  /** Kills the server as a crash would. */
  kill(): Promise<void>;
  /** Starts it again at the same address. */
  restart(): Promise<void>;
}

/** A page and what Chromium complained of while it was open. */
export interface Watched {
  readonly page: Page;
  readonly complaints: readonly string[];
}

/** Runs a test in Chromium on a server with a watched AAPL and SPX and a deal on EA. */
export function browserTest(
  name: string,
  test: (stage: Stage) => Promise<void>,
  env: Readonly<Record<string, string>> = {},
): void {
  Deno.test(name, async () => {
    if (!await isBuilt()) await build();
    await withTestDatabase(async (sql, databaseUrl) => {
      const key = await seed(sql);
      let web = await startWeb({ databaseUrl, port: 0, env });
      const browser = await chromium.launch({
        executablePath: await chromiumPath(),
        // Containers and root have no sandbox to offer; the pages are our own.
        args: ["--no-sandbox"],
      });
      try {
        await test({
          sql,
          get url() {
            return web.url;
          },
          open: (path, options) => open(browser, web.url + path, options),
          post: (ticker, contracts, more) => post(web, key, { ticker, contracts, ...more }),
          kill: () => web.kill(),
          async restart() {
            web = await startWeb({ databaseUrl, port: web.port, env });
          },
        });
      } finally {
        await browser.close();
        await web.kill();
      }
    });
  });
}

async function seed(sql: Sql): Promise<string> {
  await saveDeal(sql, {
    ticker: ticker("EA"),
    name: "Electronic Arts",
    cash: 210,
    close: "2026-12-31",
  });
  await addWatch(sql, ticker("AAPL"), "Apple Inc.");
  await addWatch(sql, ticker("SPX"));
  return (await createKey(sql, { agent: "desk-1" })).key;
}

function ticker(text: string): NonNullable<ReturnType<typeof parseTicker>> {
  const parsed = parseTicker(text);
  assert.ok(parsed);
  return parsed;
}

async function post(web: WebProcess, key: string, body: object): Promise<void> {
  const response = await fetch(`${web.url}/api/price-agent/ingest-chain`, {
    method: "POST",
    headers: { "Authorization": `Bearer ${key}`, "Content-Type": "application/json" },
    body: JSON.stringify({
      agentId: "desk-1",
      agentTimestamp: new Date().toISOString(),
      ...body,
    }),
  });
  const answer = await response.text();
  assert.equal(response.status, 200, answer);
}

async function open(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() !== "error" && message.type() !== "warning") return;
    complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(url, { waitUntil: "load" });
  return { page, complaints };
}

/** The contract of an expiry that is not over while these tests live: EA in December 2099. */
export function ea(right: "C" | "P", strike: number, root = "EA", day = "991218"): string {
  return `${root}${day}${right}${String(strike * 1000).padStart(8, "0")}`;
}

/** The text of one cell. */
export async function cell(page: Page, symbol: string, field: string): Promise<string> {
  return (await locateCell(page, symbol, field).innerText()).trim();
}

/** One cell of a contract: `bid`, `iv`, `age`. */
export function locateCell(page: Page, symbol: string, field: string): ReturnType<Page["locator"]> {
  const side = /[CP](?=\d{8}$)/.exec(symbol)?.[0] === "C" ? "call" : "put";
  return page.locator(`tr[data-${side}="${symbol}"] > .${side}.${field}`);
}
