/** What the formats of history files have in common. */
import type { HistoryBatch, HistoryItem } from "../../options/formats/history.ts";

/** Where the bytes of a file go. */
export type Sink = (bytes: Uint8Array) => Promise<void>;

/** Writes batches in one of the formats. */
export interface HistoryWriter {
  write(batch: HistoryBatch): Promise<void>;
  /** Writes what is left; the file is whole only then. */
  end(): Promise<void>;
}

/** The batches of a file, with the rows that are not taken between them. */
export type HistoryItems = AsyncIterable<HistoryItem>;
