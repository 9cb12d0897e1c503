/** `deno task bench live`: how soon a price that one server was sent is on pages of another. */
import { createKey } from "../../db/keys.ts";
import { addWatch } from "../../db/watches.ts";
import { benchTickers, type Chain, readsOf } from "../bench/chains.ts";
import { openDatabase } from "../bench/database.ts";
import { bodyOf } from "../bench/pool.ts";
import { startLastmark } from "../bench/programs.ts";
import { type Finding, tableText, verdictOf } from "../bench/table.ts";
import { type LiveOrder, type LiveReport, liveReport } from "./live_pages.ts";
import { quantile } from "./page_load.ts";

/** How it is measured. */
export interface LiveSettings {
  readonly pages: number;
  readonly tickers: number;
  readonly seconds: number;
  readonly check?: true;
  readonly database?: URL;
}

/** Contracts of each ticker, of which a page shows one expiry. */
const CONTRACTS = 400;

/** Each ticker is posted so often. */
const EVERY_MS = 10_000;

const AGENT = "bench";

/** Measures and prints a table; the exit code. */
export async function benchLive(settings: LiveSettings, signal: AbortSignal): Promise<number> {
  const say = (what: string): void => console.error(what);
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "lastmark-bench-" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const database = await openDatabase(settings.database, stack, folder, say);
  const tickers = benchTickers(settings.tickers);
  for (const ticker of tickers) await addWatch(database.sql, ticker);
  const { key } = await createKey(database.sql, { agent: AGENT });
  const ingest = await startLastmark(database.url, stack);
  const pages = await startLastmark(database.url, stack);
  const nowMs = Date.now();
  say(`making ${tickers.length} chains of ${CONTRACTS} contracts`);
  const chains = tickers.map((
    ticker,
  ) => [...readsOf(ticker, { contracts: CONTRACTS, reads: 3, nowMs })]);
  const post = async (chain: Chain): Promise<void> => {
    const response = await fetch(`http://127.0.0.1:${ingest.port}/api/price-agent/ingest-chain`, {
      method: "POST",
      headers: { "authorization": `Bearer ${key}`, "content-type": "application/json" },
      body: new Uint8Array(bodyOf(chain, "columns", { agentId: AGENT, atMs: Date.now() })),
    });
    if (!response.ok) throw new Error(await response.text());
    await response.body?.cancel();
  };
  for (const [first] of chains) if (first) await post(first);

  const order: LiveOrder = {
    url: `ws://127.0.0.1:${pages.port}/api/live`,
    pages: settings.pages,
    subscriptions: chains.flatMap(([first]) =>
      first ? [{ ticker: first.ticker, expiry: usualExpiry(first) }] : []
    ),
  };
  await using watchers = new Watchers(order, signal);
  await watchers.ready;
  say(`${settings.pages} pages are open`);

  const storedAt = new Map<string, number>();
  const endMs = Date.now() + settings.seconds * 1_000;
  const stepMs = EVERY_MS / tickers.length;
  for (let at = 0; Date.now() < endMs; at++) {
    signal.throwIfAborted();
    const chain = chains[at % chains.length]?.[1 + Math.floor(at / chains.length) % 2];
    if (!chain) continue;
    await post(chain);
    storedAt.set(`${chain.ticker} ${2 + Math.floor(at / chains.length)}`, Date.now());
    await new Promise((resolve) => setTimeout(resolve, stepMs));
  }
  const { heard } = await watchers.end();
  const waits = heard.flatMap(([ticker, seq, atMs]) => {
    const stored = storedAt.get(`${ticker} ${seq}`);
    return stored === undefined ? [] : [Math.max(0, atMs - stored)];
  });
  const expected = storedAt.size * settings.pages / tickers.length;
  const findings: Finding[] = [
    {
      figure: "live",
      what: "99 of 100 prices are on pages of another server within",
      unit: "ms",
      values: [quantile(waits, 0.99)],
      bar: { kind: "at most", value: 1_000 },
      note:
        `${settings.pages} pages over ${settings.tickers} tickers, one expiry each; counted from ` +
        "when the other server had answered",
    },
    {
      figure: "live",
      what: "half of them within",
      unit: "ms",
      values: [quantile(waits, 0.5)],
      bar: null,
    },
    {
      figure: "live",
      what: "of all that were to come, came",
      unit: "×",
      values: [waits.length / expected],
      // One that is overtaken by the next is rightly never told.
      bar: { kind: "at least", value: 0.99 },
    },
  ];
  console.log(tableText(findings));
  const isMissed = findings.some((finding) => verdictOf(finding) === "MISSED");
  return settings.check && isMissed ? 1 : 0;
}

/** The first expiry that a page would open with. */
function usualExpiry({ rows }: Chain): string {
  return rows.map(({ contract }) => contract.expiry).toSorted()[0] ?? "";
}

/** The program that keeps the pages open. */
class Watchers implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #reader: ReadableStreamDefaultReader<string>;
  readonly ready: Promise<void>;

  constructor(order: LiveOrder, signal: AbortSignal) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-all", "loadtest/pages/live_pages.ts", JSON.stringify(order)],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
      signal,
    }).spawn();
    this.#reader = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    this.ready = this.#line().then(() => {});
  }

  async #line(): Promise<string> {
    let text = "";
    while (!text.endsWith("\n")) {
      const { value, done } = await this.#reader.read();
      if (done) throw new Error("the pages ended");
      text += value;
    }
    return text;
  }

  /** Ends them; what they heard. */
  async end(): Promise<LiveReport> {
    await this.#child.stdin.close();
    return liveReport.parse(JSON.parse(await this.#line()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it has ended already
    }
    await this.#child.status;
  }
}
