/** History as Parquet, written and read a row group at a time. */
import { asyncBufferFromFile, parquetMetadataAsync, parquetRead, parquetSchema } from "hyparquet";
import { ByteWriter, ParquetWriter, type SchemaElement } from "hyparquet-writer";
import { NONE } from "../../options/columns.ts";
import { parseOcc } from "../../options/contract.ts";
import {
  type Cell,
  FIELD_NAME,
  type HistoryBatch,
  type HistoryItem,
  HistoryRows,
  missingColumns,
} from "../../options/formats/history.ts";
import { ChainFileError } from "../../options/formats/recorded.ts";
import {
  FIELD_SCALE,
  MARKET_DATA_KINDS,
  QUOTE_FIELDS,
  type QuoteField,
} from "../../options/quote.ts";
import type { HistoryWriter, Sink } from "./history_file.ts";

/** Rows of a group at least: what is held in memory. */
const GROUP_ROWS = 20_000;

type ParquetType = Omit<SchemaElement, "name" | "repetition_type">;

const TEXT: ParquetType = { type: "BYTE_ARRAY", converted_type: "UTF8" };
/** The logical type says UTC, for readers that know it; the other is for those that do not. */
const TIME: ParquetType = {
  type: "INT64",
  converted_type: "TIMESTAMP_MILLIS",
  logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MILLIS" },
};
const WHOLE: ParquetType = { type: "INT32" };
const LONG: ParquetType = { type: "INT64" };
const FLAG: ParquetType = { type: "BOOLEAN" };
const DAY: ParquetType = { type: "INT32", converted_type: "DATE" };
const FLOAT: ParquetType = { type: "DOUBLE" };

/** Ten digits, one more than an INT32 may say, hold whatever is stored. */
const decimal = (scale: number): ParquetType => ({
  type: "INT64",
  converted_type: "DECIMAL",
  precision: 10,
  scale,
});

const DECIMALS: Readonly<Record<number, ParquetType>> = {
  1: WHOLE,
  10_000: decimal(4),
  1_000_000: decimal(6),
};

/** A column: its type, and the values of a batch, as many as it has contracts. */
interface ParquetColumn {
  readonly name: string;
  readonly type: ParquetType;
  readonly valuesOf: (batch: HistoryBatch) => readonly Cell[];
}

const same = (
  name: string,
  type: ParquetType,
  valueOf: (batch: HistoryBatch) => Cell,
): ParquetColumn => ({
  name,
  type,
  valuesOf: (batch) => new Array(batch.columns.occ.length).fill(valueOf(batch)),
});

const each = (
  name: string,
  type: ParquetType,
  valueOf: (batch: HistoryBatch, i: number) => Cell,
): ParquetColumn => ({
  name,
  type,
  valuesOf: (batch) => batch.columns.occ.map((_, i) => valueOf(batch, i)),
});

const field = (name: QuoteField): ParquetColumn =>
  each(FIELD_NAME[name], DECIMALS[FIELD_SCALE[name]] ?? WHOLE, ({ columns }, i) => {
    const whole = columns.fields[name]?.[i] ?? NONE;
    if (whole === NONE) return null;
    return FIELD_SCALE[name] === 1 ? whole : BigInt(whole);
  });

const number = (value: number | undefined): number | null =>
  value === undefined || Number.isNaN(value) ? null : value;

const COLUMNS: readonly ParquetColumn[] = [
  same("ticker", TEXT, (batch) => batch.ticker),
  same("seq", LONG, (batch) => BigInt(batch.seq)),
  same("mode", TEXT, (batch) => batch.mode),
  same("as_of", TIME, (batch) => new Date(batch.asOfMs)),
  same("received_at", TIME, (batch) => new Date(batch.receivedAtMs)),
  same("agent_time", TIME, (batch) => new Date(batch.agentTimeMs)),
  same("late", FLAG, (batch) => batch.late),
  same("agent_id", TEXT, (batch) => batch.agentId),
  same("read_id", TEXT, (batch) => batch.readId),
  same("trace_id", TEXT, (batch) => batch.traceId),
  same(
    "spot",
    decimal(4),
    ({ spot }) => spot === null ? null : BigInt(Math.round(spot * FIELD_SCALE.last)),
  ),
  each("occ", TEXT, ({ columns }, i) => columns.occ[i]),
  each("root", TEXT, ({ columns }, i) => columns.occ[i]?.slice(0, -15)),
  each("expiry", DAY, ({ columns }, i) => new Date(contractOf(columns.occ[i] ?? "").expiry)),
  each("right", TEXT, ({ columns }, i) => columns.occ[i]?.at(-9)),
  each("strike", decimal(3), ({ columns }, i) => BigInt(columns.occ[i]?.slice(-8) ?? 0)),
  ...QUOTE_FIELDS.map(field),
  each(
    "market_data_type",
    TEXT,
    ({ columns }, i) => MARKET_DATA_KINDS[(columns.kind?.[i] ?? 0) - 1],
  ),
  each("multiplier", FLOAT, ({ columns }, i) => number(columns.multiplier?.[i])),
  each("quoted_at", TIME, ({ columns }, i) => {
    const ms = number(columns.quotedAtMs?.[i]);
    return ms === null ? null : new Date(ms);
  }),
  each(
    "missing",
    TEXT,
    ({ missing }, i) => i === 0 && missing.length > 0 ? JSON.stringify(missing) : null,
  ),
];

function contractOf(occ: string): { readonly expiry: string } {
  const contract = parseOcc(occ);
  if (!contract) throw new Error(`${occ} is no OCC symbol`);
  return contract;
}

/** Writes batches as Parquet. */
export function parquetWriter(sink: Sink): HistoryWriter {
  const bytes = new ByteWriter();
  const flush = async (): Promise<void> => {
    // The buffer is written anew from its beginning.
    await sink(bytes.getBytes().slice());
    bytes.index = 0;
  };
  const writer = new ParquetWriter({
    writer: Object.assign(bytes, { flush, finish: flush }),
    schema: [
      { name: "history", num_children: COLUMNS.length },
      ...COLUMNS.map(({ name, type }) => ({
        name,
        ...type,
        repetition_type: "OPTIONAL" as const,
      })),
    ],
    createdBy: "lastmark",
  });
  let waiting = COLUMNS.map((): Cell[] => []);
  const writeGroup = async (): Promise<void> => {
    const rows = waiting[0]?.length ?? 0;
    if (rows === 0) return;
    const columnData = COLUMNS.map(({ name }, i) => ({ name, data: waiting[i] ?? [] }));
    waiting = COLUMNS.map((): Cell[] => []);
    await writer.write({ columnData, rowGroupSize: rows });
  };
  return {
    async write(batch: HistoryBatch): Promise<void> {
      COLUMNS.forEach(({ valuesOf }, i) => {
        const values = waiting[i] ?? [];
        for (const value of valuesOf(batch)) values.push(value);
      });
      if ((waiting[0]?.length ?? 0) >= GROUP_ROWS) await writeGroup();
    },
    async end(): Promise<void> {
      await writeGroup();
      await writer.finish();
    },
  };
}

/** Whether bytes are the beginning of a Parquet file. */
export function isParquet(bytes: Uint8Array): boolean {
  return new TextDecoder().decode(bytes.subarray(0, 4)) === "PAR1";
}

/**
 * Reads a Parquet file of history, of `export` or of another writer with the same columns.
 * Throws a {@link ChainFileError} where the file is none.
 */
export async function* readParquet(file: string): AsyncGenerator<HistoryItem, void, void> {
  const buffer = await asyncBufferFromFile(file);
  const metadata = await orChainFileError(file, () => parquetMetadataAsync(buffer));
  const names = parquetSchema(metadata).children.map(({ element }) => element.name);
  const missing = missingColumns(names);
  if (missing.length > 0) {
    throw new ChainFileError(file, "", `has no column ${missing.join(" and no column ")}.`);
  }
  const rows = new HistoryRows();
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    // Columns, and not an object for each row.
    const columns = new Map<string, Cell[]>(names.map((name) => [name, []]));
    await orChainFileError(file, () =>
      parquetRead({
        file: buffer,
        metadata,
        rowStart,
        rowEnd,
        onChunk: ({ columnName, columnData, rowStart: at }) => {
          const column = columns.get(columnName) ?? [];
          for (let i = 0; i < columnData.length; i++) column[at - rowStart + i] = columnData[i];
        },
      }));
    for (let i = 0; i < rowEnd - rowStart; i++) {
      const row = (name: string): Cell => columns.get(name)?.[i];
      const before = rows.add(row, `${file}, row ${rowStart + i + 1}`);
      if (before) yield before;
    }
    rowStart = rowEnd;
  }
  const last = rows.end();
  if (last) yield last;
}

/** The library says what is wrong with a file by plain errors. */
async function orChainFileError<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ChainFileError(file, "", `cannot be read as Parquet (${reason}).`);
  }
}
