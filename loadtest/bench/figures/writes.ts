/** What the atomic statement costs against a plain insert, and what notifications cost. */
import { encodeBlock } from "../../../db/block.ts";
import { conditionColumns } from "../../../db/conditions.ts";
import { connectDatabase, type Sql } from "../../../db/connect.ts";
import { notifyBatches } from "../../../db/notify.ts";
import { StoredSets } from "../../../db/stored_sets.ts";
import type { ColumnBatch } from "../../../options/columns.ts";
import { conditionsOf } from "../../../options/conditions.ts";
import type { Ticker } from "../../../options/contract.ts";
import { batchOf, requestOf, store } from "../batches.ts";
import type { Bench, Figure } from "../bench.ts";
import { readsOf } from "../chains.ts";
import { settle } from "../database.ts";
import { startListener } from "../programs.ts";
import { interleave, type Measured, ratioOf } from "../rounds.ts";
import type { Finding } from "../table.ts";
import { writesPerSecond } from "../writers.ts";

const WRITERS = 8;

/** As long as the server gathers commits before it tells of them. */
const NOTIFY_AFTER_MS = 10;

/** The figure `statement`. */
export const statementFigure: Figure = { name: "statement", measure: measureStatement };

/** The figure `notify`. */
export const notifyFigure: Figure = { name: "notify", measure: measureNotify };

async function measureStatement(bench: Bench): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const contracts of [400, 3_000]) {
    const measured = await withWriters(bench, async (sql) => {
      const { atomic, batches } = await prepareWriters(bench, sql, contracts);
      const plain = await plainInsert(sql, batches, bench.sender.agentId);
      const measureMs = bench.settings.seconds * 1000;
      return await interleave([
        { name: "atomic", measure: () => writesPerSecond(WRITERS, measureMs, atomic) },
        { name: "plain", measure: () => writesPerSecond(WRITERS, measureMs, plain) },
      ], { ...bench, rounds: bench.settings.rounds, before: () => settle(sql) });
    });
    findings.push(
      {
        figure: "statement",
        what: `the atomic statement against a plain insert, 8 connections, ${contracts} contracts`,
        unit: "×",
        values: ratioOf(measured, "atomic", "plain"),
        bar: { kind: "at least", value: 0.75 },
        note: "both work out the row; the insert is into a table with the same indexes and " +
          "decides nothing",
      },
      ...ratesOf("statement", measured, contracts),
    );
  }
  return findings;
}

async function measureNotify(bench: Bench): Promise<Finding[]> {
  await using stack = new AsyncDisposableStack();
  const contracts = 400;
  await startListener(bench.database.url, stack);
  const measured = await withWriters(bench, async (sql) => {
    const { atomic, batches, seqs } = await prepareWriters(bench, sql, contracts);
    const notifier = new Notifier(connectDatabase({
      url: bench.database.url,
      program: "bench notify",
      max: 1,
    }));
    stack.defer(() => notifier.stop());
    const measureMs = bench.settings.seconds * 1000;
    const told = async (writer: number, count: number): Promise<void> => {
      await atomic(writer, count);
      const { ticker } = pick(batches, writer, count);
      notifier.committed(ticker, seqs.get(ticker) ?? 0);
    };
    return await interleave([
      { name: "told", measure: () => writesPerSecond(WRITERS, measureMs, told) },
      { name: "untold", measure: () => writesPerSecond(WRITERS, measureMs, atomic) },
    ], { ...bench, rounds: bench.settings.rounds, before: () => settle(sql) });
  });
  return [
    {
      figure: "notify",
      what: "8 writers with notifications on against off",
      unit: "×",
      values: ratioOf(measured, "told", "untold"),
      bar: { kind: "at least", value: 0.8 },
      note: "the statement and, as the server does, one NOTIFY for all commits of 10 ms on a " +
        "connection of its own; a second process listens. Without HTTP, where it would weigh less",
    },
    ...ratesOf("notify", measured, contracts),
  ];
}

async function withWriters<T>(bench: Bench, use: (sql: Sql) => Promise<T>): Promise<T> {
  const sql = connectDatabase({ url: bench.database.url, program: "bench", max: WRITERS });
  try {
    return await use(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** A writer's batch: each has tickers of its own. */
function pick(batches: readonly ColumnBatch[], writer: number, count: number): ColumnBatch {
  const each = Math.floor(batches.length / WRITERS);
  const batch = batches[writer * each + count % each];
  if (!batch) throw new RangeError(`writer ${writer} has no batch`);
  return batch;
}

/** A batch of each ticker, stored once, and the write that stores one again. */
async function prepareWriters(bench: Bench, sql: Sql, contracts: number) {
  const sets = new StoredSets();
  const seqs = new Map<Ticker, number>();
  const batches = bench.tickers.flatMap((ticker) =>
    [...readsOf(ticker, { contracts, reads: 1, nowMs: Date.now() })]
      .map((chain) => batchOf(chain, bench.sender.agentId, Date.now()))
  );
  const write = async (batch: ColumnBatch): Promise<void> => {
    seqs.set(batch.ticker, await store(sql, requestOf(batch, bench.sender), sets));
  };
  for (const batch of batches) await write(batch);
  const atomic = (writer: number, count: number) => write(pick(batches, writer, count));
  return { atomic, batches, seqs };
}

/** Inserts the rows that the statement stored, under new positions, and does nothing else. */
async function plainInsert(sql: Sql, batches: readonly ColumnBatch[], agentId: string) {
  await sql.unsafe(`
    DROP TABLE IF EXISTS bench_batches;
    CREATE TABLE bench_batches (LIKE batches INCLUDING ALL)`);
  const ids = new Map(
    await Promise.all(batches.map(async ({ ticker }) => {
      const [row] = await sql`
        SELECT t.id, b.contract_set
        FROM tickers AS t
        JOIN batches AS b ON b.ticker_id = t.id AND b.seq = t.seq
        WHERE t.symbol = ${ticker}`;
      return [ticker, row] as const;
    })),
  );
  const sets = new StoredSets();
  let seq = 0;
  return async (writer: number, count: number): Promise<void> => {
    const batch = pick(batches, writer, count);
    const stored = ids.get(batch.ticker);
    const now = new Date().toISOString();
    const { layout } = sets.of(batch.columns.occ);
    const row = conditionColumns(
      conditionsOf(batch.columns, { ...batch, atMs: batch.agentTimeMs }, layout),
    );
    seq++;
    await sql`
      INSERT INTO bench_batches (
        id, ticker_id, seq, as_of, received_at, agent_time, late, mode, read_id, agent_id,
        trace_id, spot, contract_set, block, missing, atm_iv, skew, put_volume, call_volume,
        put_open_interest, call_open_interest, expiries, expiry_atm_iv, expiry_skew
      )
      VALUES (
        ${seq}, ${stored?.["id"]}, ${seq}, ${now}, ${now}, ${now}, false, 'snapshot', NULL,
        ${agentId}, NULL, ${batch.spot}, ${stored?.["contract_set"]}, ${encodeBlock(batch.columns)},
        '[]', ${row.atmIv}, ${row.skew}, ${row.putVolume}, ${row.callVolume},
        ${row.putOpenInterest}, ${row.callOpenInterest}, ${row.expiries}, ${row.expiryAtmIv},
        ${row.expirySkew}
      )`;
  };
}

/** Tells of commits as the server's hub does. */
class Notifier {
  readonly #sql: Sql;
  readonly #untold = new Map<Ticker, number>();
  #telling: ReturnType<typeof setTimeout> | undefined;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  committed(ticker: Ticker, seq: number): void {
    this.#untold.set(ticker, seq);
    this.#telling ??= setTimeout(() => void this.#tell(), NOTIFY_AFTER_MS);
  }

  async stop(): Promise<void> {
    clearTimeout(this.#telling);
    await this.#sql.end({ timeout: 5 });
  }

  async #tell(): Promise<void> {
    this.#telling = undefined;
    const reached = [...this.#untold].map(([ticker, seq]) => ({ ticker, seq }));
    this.#untold.clear();
    await notifyBatches(this.#sql, reached);
  }
}

function ratesOf(figure: string, measured: Measured, contracts: number): Finding[] {
  return [...measured].map(([name, values]) => ({
    figure,
    what: `rate: ${name}, ${contracts} contracts`,
    unit: "chains/s",
    values,
    bar: null,
  }));
}
