/** `deno task bench pages`: what a chain's page costs, against a bare page on the same stack. */
import { systemClock } from "../../base/clock.ts";
import { createKey } from "../../db/keys.ts";
import { addWatch } from "../../db/watches.ts";
import { openDatabase } from "../bench/database.ts";
import { bodyOf } from "../bench/pool.ts";
import { benchTickers, readsOf } from "../bench/chains.ts";
import { makeContract } from "../../options/contract.ts";
import { type BenchServer, startLastmark, startProgram } from "../bench/programs.ts";
import { interleave, median, ratioOf } from "../bench/rounds.ts";
import { type Finding, tableText, verdictOf } from "../bench/table.ts";
import { type PageOrder, type PageReport, pageReport } from "./page_load.ts";

/** How it is measured. */
export interface PagesSettings {
  readonly rounds: number;
  readonly seconds: number;
  readonly check?: true;
  readonly database?: URL;
}

const CONNECTIONS = 16;

/** Rows of the page, each a call and a put. */
const ROWS = 400;

/** Measures and prints a table; the exit code. */
export async function benchPages(settings: PagesSettings, signal: AbortSignal): Promise<number> {
  const say = (what: string): void => console.error(what);
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "lastmark-bench-" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const database = await openDatabase(settings.database, stack, folder, say);
  const lastmark = await startLastmark(database.url, stack);
  const { address, file } = await fill(database.sql, lastmark, folder);
  const bare = await startProgram("the bare page", {
    args: ["run", "--allow-all", "web/test/bare_page_server.tsx", file],
    env: {},
  }, stack);
  const order = (url: string, perSecond: number | null): PageOrder => ({
    url,
    connections: CONNECTIONS,
    forMs: settings.seconds * 1_000,
    perSecond,
  });
  const urls = { page: address, bare: `http://127.0.0.1:${bare.port}/` };
  const bytes = new Map<string, number>();
  const contender = (name: keyof typeof urls) => ({
    name,
    measure: async () => {
      const report = await runPages(order(urls[name], null), signal);
      bytes.set(name, report.bytes);
      return 1_000 * report.pages / report.tookMs;
    },
  });
  say("warming up");
  for (const url of Object.values(urls)) {
    await runPages({ ...order(url, null), forMs: 3_000 }, signal);
  }
  const measured = await interleave([contender("page"), contender("bare")], {
    rounds: settings.rounds,
    signal,
    say,
  });
  const half = median(measured.get("page") ?? []) / 2;
  const calm: PageReport[] = [];
  for (let round = 0; round < settings.rounds; round++) {
    calm.push(await runPages(order(urls.page, half), signal));
    say(`at half the rate: p95 ${calm.at(-1)?.p95Ms.toFixed(1)} ms`);
  }
  const figure = "pages";
  const findings: Finding[] = [
    {
      figure,
      what: `a chain's page of ${ROWS} rows against a bare one, pages/s`,
      unit: "×",
      values: ratioOf(measured, "page", "bare"),
      bar: { kind: "at least", value: 0.8 },
      note: "bare: Hono, Preact and the same table of the same rows in memory",
    },
    {
      figure,
      what: "95 of 100 pages come within, at half the rate",
      unit: "ms",
      values: calm.map(({ p95Ms }) => p95Ms),
      bar: { kind: "at most", value: 100 },
    },
    ...[...measured].map(([name, values]): Finding => ({
      figure,
      what: `rate: ${name}`,
      unit: "pages/s",
      values,
      bar: null,
      note: `${Math.round((bytes.get(name) ?? 0) / 1_000)} kB, compressed`,
    })),
  ];
  console.log(tableText(findings));
  const isMissed = findings.some((finding) => verdictOf(finding) === "MISSED");
  return settings.check && isMissed ? 1 : 0;
}

/** Stores a chain of the rows; where its page is, and a file with what the API answers. */
async function fill(
  sql: Parameters<typeof createKey>[0],
  { port }: BenchServer,
  folder: string,
): Promise<{ readonly address: string; readonly file: string }> {
  const [ticker] = benchTickers(1);
  if (!ticker) throw new RangeError("there is no ticker");
  await addWatch(sql, ticker);
  const { key } = await createKey(sql, { agent: "bench" });
  const nowMs = systemClock().nowMs();
  const [made] = readsOf(ticker, { contracts: 3_000, reads: 1, nowMs });
  if (!made) throw new RangeError("there is no chain");
  // One expiry with as many strikes: those that there are, closer together.
  const rows = oneExpiry(made.rows, ROWS);
  const url = `http://127.0.0.1:${port}`;
  const body = bodyOf({ ...made, rows }, "rows", { agentId: "bench", atMs: nowMs });
  const response = await fetch(`${url}/api/price-agent/ingest-chain`, {
    method: "POST",
    headers: { "authorization": `Bearer ${key}`, "content-type": "application/json" },
    body: new Uint8Array(body),
  });
  if (!response.ok) throw new Error(await response.text());
  await response.body?.cancel();
  const expiry = rows[0]?.contract.expiry ?? "";
  const file = `${folder}/chain.json`;
  await Deno.writeTextFile(file, await (await fetch(`${url}/api/chains/${ticker}`)).text());
  return { address: `${url}/chains/${ticker}?expiry=${expiry}&strikes=all`, file };
}

type Rows = Parameters<typeof bodyOf>[0]["rows"];

/** Calls and puts of one expiry at so many strikes, with the quotes of the given ones in turn. */
function oneExpiry(quotes: Rows, strikes: number): Rows {
  const [first] = quotes.toSorted((a, b) => a.contract.expiry < b.contract.expiry ? 1 : -1);
  if (!first) throw new RangeError("there is no contract");
  const { root, expiry } = first.contract;
  return Array.from({ length: strikes }, (_, at) => 100 + at).flatMap((strike) =>
    (["C", "P"] as const).map((right, side) => {
      const contract = makeContract(root, expiry, right, strike);
      if (!contract) throw new RangeError(`there is no contract at ${strike}`);
      const quote = quotes[(2 * strike + side) % quotes.length] ?? first;
      return { ...quote, contract };
    })
  );
}

async function runPages(order: PageOrder, signal: AbortSignal): Promise<PageReport> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "loadtest/pages/page_load.ts", JSON.stringify(order)],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal,
  }).output();
  signal.throwIfAborted();
  if (!success) throw new Error(`the load failed: ${new TextDecoder().decode(stderr)}`);
  return pageReport.parse(JSON.parse(new TextDecoder().decode(stdout)));
}
