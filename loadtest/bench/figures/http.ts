/** Ingest over HTTP, durable, against raw COPY, two plain servers and one that only reads the body. */
import { encodeBlock } from "../../../db/block.ts";
import { batchOf } from "../batches.ts";
import type { Bench, Figure } from "../bench.ts";
import { type Chain, readsOf } from "../chains.ts";
import { copyChains, copyText, findPsql } from "../copy.ts";
import { settle } from "../database.ts";
import { type CpuSeconds, cpuSeconds } from "../cpu.ts";
import { type LoadReport, loadReport } from "../generator.ts";
import { type BodyForm, PoolWriter } from "../pool.ts";
import { type BenchServer, runLoad, startBaseline, startLastmark } from "../programs.ts";
import { type Contender, interleave, type Measured, median, ratioOf } from "../rounds.ts";
import type { Bar, Finding } from "../table.ts";

/** Reads of each ticker: with 32 tickers 224 bodies, no two alike. */
const READS = 7;
/** Compressed bodies are made anew for each measurement, as their time cannot be. */
const GZIP_READS = 2;

const CONNECTIONS = 16;
/** Servers are fed before they are measured, for their code to be compiled. */
const WARM_UP_MS = 2_000;

interface Length {
  readonly contracts: number;
  /** What it is measured against, and what must be reached. */
  readonly bars: {
    readonly copy: number;
    readonly rows: number;
    readonly jsonb: number;
    readonly columnsToCopy: number | null;
    readonly bare: number;
    readonly bareColumns: number;
  };
}

const LENGTHS: readonly Length[] = [
  {
    contracts: 3_000,
    bars: { copy: 5, rows: 14, jsonb: 10, columnsToCopy: 8, bare: 0.25, bareColumns: 0.45 },
  },
  {
    contracts: 400,
    bars: { copy: 3, rows: 5, jsonb: 5, columnsToCopy: null, bare: 0.1, bareColumns: 0.2 },
  },
];

/** The figures `http3000` and `http400`. */
export const httpFigures: readonly Figure[] = LENGTHS.map((length) => ({
  name: `http${length.contracts}`,
  measure: (bench) => measureHttp(bench, length),
}));

async function measureHttp(bench: Bench, length: Length): Promise<Finding[]> {
  const { contracts } = length;
  const { url, sql } = bench.database;
  bench.say(`making ${bench.tickers.length * READS} chains of ${contracts} contracts`);
  const files = await writeFiles(bench, contracts);
  await using servers = new AsyncDisposableStack();
  const lastmark = await startLastmark(url, servers);
  const rows = await startBaseline("rows", url, servers);
  const jsonb = await startBaseline("jsonb", url, servers);
  const bare = await startBaseline("bare", url, servers);
  const floor = await startBaseline("floor", url, servers, blockBytesOf(bench, contracts));
  const costs = new Costs(bench);
  const http = (name: string, server: BenchServer, form: BodyForm): Contender => ({
    name,
    measure: async () => {
      if (form === "gzip") writeGzip(bench, contracts, files.gzip);
      const { answered, tookMs } = await costs.of(
        name,
        [server.pid],
        () => runLoad(orderOf(bench, server, files[form]), bench.signal),
      );
      return answered * contracts / (tookMs / 1000);
    },
  });
  const psql = await findPsql();
  const copy = async (path: string): Promise<number> => {
    const { answered, tookMs } = await costs.of("copy", "ended", async () => {
      const { chains, tookMs } = await copyChains({
        psql: path,
        databaseUrl: url,
        files: files.copy,
        beginForMs: bench.settings.seconds * 1000,
      });
      return { answered: chains, tookMs };
    });
    return answered * contracts / (tookMs / 1000);
  };
  bench.say("warming up");
  for (const server of [lastmark, rows, jsonb, bare, floor]) {
    await runLoad({ ...orderOf(bench, server, files.rows), beginForMs: WARM_UP_MS }, bench.signal);
  }
  const measured = await interleave([
    http("lastmark", lastmark, "rows"),
    ...(psql ? [{ name: "copy", measure: () => copy(psql.path) }] : []),
    http("lastmark columns", lastmark, "columns"),
    http("rows", rows, "rows"),
    http("bare", bare, "rows"),
    http("jsonb", jsonb, "rows"),
    http("bare columns", bare, "columns"),
    http("lastmark gzip", lastmark, "gzip"),
    http("floor", floor, "rows"),
    http("floor columns", floor, "columns"),
  ], {
    ...bench,
    rounds: bench.settings.rounds,
    before: async () => {
      await sql`TRUNCATE bench_copy, bench_rows, bench_snapshots, bench_jsonb, bench_floor`;
      await settle(sql);
    },
  });
  return findingsOf(length, measured, { costs, psql: psql?.version });
}

/** What Lastmark keeps of such a chain. */
function blockBytesOf(bench: Bench, contracts: number): number {
  for (const chain of chainsOf(bench, contracts, 1)) {
    return encodeBlock(batchOf(chain, bench.sender.agentId, Date.now()).columns).length;
  }
  throw new RangeError("there are no tickers");
}

/** What each way cost, by round. */
class Costs {
  readonly #bench: Bench;
  readonly reports = new Map<string, LoadReport[]>();
  /** Milliseconds of processor time by chain, the generator's left out. */
  readonly cpuMs = new Map<string, CpuSeconds[]>();

  constructor(bench: Bench) {
    this.#bench = bench;
  }

  /** Runs one measurement in which the programs and the database take time. */
  async of<T extends { readonly answered: number }>(
    name: string,
    programs: readonly number[] | "ended",
    measure: () => Promise<T>,
  ): Promise<T> {
    const { postmaster } = this.#bench.database;
    const before = cpuSeconds({ programs, postmaster });
    const found = await measure();
    const after = cpuSeconds({ programs, postmaster });
    const each = (of: keyof CpuSeconds): number => 1000 * (after[of] - before[of]) / found.answered;
    add(this.cpuMs, name, { programs: each("programs"), database: each("database") });
    const report = loadReport.safeParse(found);
    if (report.success) add(this.reports, name, report.data);
    return found;
  }

  /** Chains by the same processor time: how many times more one way does than another. */
  ratio(over: string, under: string): number[] {
    const chains = [...this.cpuMs].map(([name, each]) =>
      [name, each.map(({ programs, database }) => 1 / (programs + database))] as const
    );
    return ratioOf(new Map(chains), over, under);
  }

  /** What a chain took of whom. */
  noteOf(name: string): string {
    const each = this.cpuMs.get(name) ?? [];
    const of = (part: keyof CpuSeconds): string =>
      `${median(each.map((one) => one[part])).toFixed(1)} ms`;
    const who = name === "copy" ? "psql" : "the server";
    return `a chain takes ${of("programs")} of ${who}'s processor time, ${of("database")} of ` +
      "PostgreSQL's";
  }
}

function add<T>(to: Map<string, T[]>, name: string, one: T): void {
  to.set(name, [...to.get(name) ?? [], one]);
}

function orderOf(bench: Bench, { port }: BenchServer, pool: string) {
  return {
    port,
    pool,
    connections: CONNECTIONS,
    run: crypto.randomUUID().slice(0, 23),
    beginForMs: bench.settings.seconds * 1000,
  };
}

interface Files extends Readonly<Record<BodyForm, string>> {
  readonly copy: readonly string[];
}

/** Makes the chains and writes them in every form, one after the other: there are many. */
async function writeFiles(bench: Bench, contracts: number): Promise<Files> {
  const path = (form: string): string => `${bench.folder}/${contracts}-${form}`;
  const copy: string[] = [];
  const rows = new PoolWriter(path("rows"));
  const columns = new PoolWriter(path("columns"));
  for (const chain of chainsOf(bench, contracts, READS)) {
    bench.signal.throwIfAborted();
    rows.add(chain, "rows", bench.sender);
    columns.add(chain, "columns", bench.sender);
    const file = path(`copy-${copy.length}`);
    await Deno.writeTextFile(file, copyText(chain));
    copy.push(file);
  }
  rows.close();
  columns.close();
  return { rows: path("rows"), columns: path("columns"), gzip: path("gzip"), copy };
}

function writeGzip(bench: Bench, contracts: number, path: string): void {
  const writer = new PoolWriter(path);
  for (const chain of chainsOf(bench, contracts, GZIP_READS)) {
    writer.add(chain, "gzip", bench.sender);
  }
  writer.close();
}

function* chainsOf(bench: Bench, contracts: number, reads: number): Generator<Chain> {
  const nowMs = Date.now();
  for (const ticker of bench.tickers) yield* readsOf(ticker, { contracts, reads, nowMs });
}

interface Circumstances {
  readonly costs: Costs;
  readonly psql: string | undefined;
}

function findingsOf(
  { contracts, bars }: Length,
  measured: Measured,
  { costs, psql }: Circumstances,
): Finding[] {
  const figure = `http${contracts}`;
  const noPsql = psql === undefined
    ? { note: "no psql was found (Debian: apt-get install postgresql-client)" }
    : {};
  const ratio = (what: string, over: string, under: string, least: number | null): Finding => ({
    figure,
    what,
    unit: "×",
    values: ratioOf(measured, over, under).filter(Number.isFinite),
    bar: least === null ? null : atLeast(least),
    ...(under === "copy" ? noPsql : {}),
  });
  return [
    ratio("JSON against COPY by two psql", "lastmark", "copy", bars.copy),
    ratio("JSON against zod + a row a contract", "lastmark", "rows", bars.rows),
    ratio("JSON against zod + one jsonb row", "lastmark", "jsonb", bars.jsonb),
    ratio("JSON against a bare server", "lastmark", "bare", bars.bare),
    ratio("columns against COPY by two psql", "lastmark columns", "copy", bars.columnsToCopy),
    ratio("columns against a bare server", "lastmark columns", "bare columns", bars.bareColumns),
    ratio("JSON, gzip, against COPY by two psql", "lastmark gzip", "copy", null),
    ratio("the floor (no reading, one plain row) against COPY", "floor", "copy", null),
    ratio("the floor against a bare server, JSON", "floor", "bare", null),
    ratio("the floor against a bare server, columns", "floor columns", "bare columns", null),
    ratio("JSON against the floor", "lastmark", "floor", null),
    ratio("columns against the floor", "lastmark columns", "floor columns", null),
    ...["copy", "rows", "jsonb"].map((under): Finding => ({
      figure,
      what: `JSON against ${under}, by processor time`,
      unit: "×",
      values: costs.ratio("lastmark", under).filter(Number.isFinite),
      bar: null,
    })),
    ...[...measured].map(([name, values]): Finding => ({
      figure,
      what: `rate: ${name}`,
      unit: "contracts/s",
      values,
      bar: null,
      note: [
        costs.noteOf(name),
        ...(name === "copy" ? [psql ?? ""] : answersNote(costs.reports.get(name) ?? [])),
      ].join("; "),
    })),
  ];
}

function atLeast(value: number): Bar {
  return { kind: "at least", value };
}

function answersNote(reports: readonly LoadReport[]): string[] {
  const cpu = Math.round(100 * median(reports.map(({ cpuShare }) => cpuShare)));
  const ms = median(reports.map(({ medianMs }) => medianMs)).toFixed(1);
  const busy = reports.reduce((sum, report) => sum + report.busy, 0);
  return [
    `an answer takes ${ms} ms`,
    `the generator takes ${cpu} % of a core`,
    ...(busy === 0 ? [] : [`${busy} answers were 503`]),
  ];
}
