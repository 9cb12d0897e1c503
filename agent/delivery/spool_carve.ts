/**
 * Reads rows out of a damaged database file without SQLite, which gives up a whole tree for one
 * broken page: every page that looks like a leaf of a table is taken apart (file format:
 * https://www.sqlite.org/fileformat2.html), and a row counts when its sum is right. Rows of pages
 * that are not in use any more come along; the caller knows which it wants.
 */
import { rowFrom, type SpoolRow } from "./spool_row.ts";

/** Of all databases that SQLite makes unless told otherwise. */
const PAGE_BYTES = 4096;

const TABLE_LEAF = 0x0d;

/** The first page begins with the header of the file. */
const FILE_HEADER_BYTES = 100;

/** A body takes at most this; a longer one is a length that flipped. */
const MOST_PAYLOAD_BYTES = 64 * 1024 * 1024;

/** All whole rows in the file. */
export function* carveRows(path: string): Generator<SpoolRow> {
  using file = Deno.openSync(path);
  const pages = Math.floor(file.statSync().size / PAGE_BYTES);
  const read = (page: number): Uint8Array | undefined => {
    if (page < 1 || page > pages) return undefined;
    file.seekSync((page - 1) * PAGE_BYTES, Deno.SeekMode.Start);
    const bytes = new Uint8Array(PAGE_BYTES);
    for (let filled = 0; filled < PAGE_BYTES;) {
      const got = file.readSync(bytes.subarray(filled));
      if (got === null) return undefined;
      filled += got;
    }
    return bytes;
  };
  for (let page = 1; page <= pages; page++) {
    const bytes = read(page);
    if (bytes) yield* rowsOfLeaf(bytes, page === 1 ? FILE_HEADER_BYTES : 0, read);
  }
}

function* rowsOfLeaf(
  page: Uint8Array,
  headerAt: number,
  read: (page: number) => Uint8Array | undefined,
): Generator<SpoolRow> {
  if (page[headerAt] !== TABLE_LEAF) return;
  const view = viewOf(page);
  const mostCells = Math.floor((PAGE_BYTES - headerAt - 8) / 2);
  const cells = Math.min(view.getUint16(headerAt + 3), mostCells);
  for (let cell = 0; cell < cells; cell++) {
    const row = rowOfCell(page, view.getUint16(headerAt + 8 + 2 * cell), read);
    if (row) yield row;
  }
}

function rowOfCell(
  page: Uint8Array,
  at: number,
  read: (page: number) => Uint8Array | undefined,
): SpoolRow | undefined {
  const length = varint(page, at);
  const id = length && varint(page, length.next);
  if (!length || !id || length.value > MOST_PAYLOAD_BYTES) return undefined;
  const payload = payloadOf(page, id.next, length.value, read);
  return payload && rowOfRecord(id.value, payload);
}

/** A payload: what is in the leaf, then a chain of overflow pages. */
function payloadOf(
  page: Uint8Array,
  from: number,
  length: number,
  read: (page: number) => Uint8Array | undefined,
): Uint8Array | undefined {
  const local = localBytes(length);
  if (from + local > PAGE_BYTES) return undefined;
  if (local === length) return page.subarray(from, from + length);
  if (from + local + 4 > PAGE_BYTES) return undefined;
  const payload = new Uint8Array(length);
  payload.set(page.subarray(from, from + local));
  let next = viewOf(page).getUint32(from + local);
  for (let filled = local; filled < length;) {
    const overflow = read(next);
    if (!overflow) return undefined;
    const part = overflow.subarray(4, 4 + Math.min(length - filled, PAGE_BYTES - 4));
    payload.set(part, filled);
    filled += part.length;
    next = viewOf(overflow).getUint32(0);
  }
  return payload;
}

/** How much of a payload its leaf holds (file format, section 1.6). */
function localBytes(length: number): number {
  const most = PAGE_BYTES - 35;
  if (length <= most) return length;
  const least = Math.floor((PAGE_BYTES - 12) * 32 / 255) - 23;
  const fitting = least + (length - least) % (PAGE_BYTES - 4);
  return fitting <= most ? fitting : least;
}

function rowOfRecord(id: number, record: Uint8Array): SpoolRow | undefined {
  const header = varint(record, 0);
  if (!header || header.value > record.length) return undefined;
  const columns: unknown[] = [];
  let valueAt = header.value;
  for (let at = header.next; at < header.value;) {
    const type = varint(record, at);
    if (!type) return undefined;
    const bytes = bytesOfType(type.value);
    if (bytes === undefined || valueAt + bytes > record.length) return undefined;
    columns.push(valueOf(type.value, record.subarray(valueAt, valueAt + bytes)));
    valueAt += bytes;
    at = type.next;
  }
  // The number of a row is no column on the disk: `null` stands for it.
  const [place, key, ticker, storedAtMs, sum, body] = columns;
  if (columns.length !== 6 || place !== null) return undefined;
  return rowFrom(id, [key, ticker, storedAtMs, sum, body]);
}

const INTEGER_BYTES = [0, 1, 2, 3, 4, 6, 8] as const;

/** `undefined` for types that the spool never writes. */
function bytesOfType(type: number): number | undefined {
  if (type >= 12) return Math.floor((type - 12) / 2);
  return type === 8 || type === 9 ? 0 : INTEGER_BYTES[type];
}

function valueOf(type: number, bytes: Uint8Array): unknown {
  if (type === 0) return null;
  if (type === 8 || type === 9) return type - 8;
  if (type >= 12) return type % 2 === 0 ? bytes : new TextDecoder().decode(bytes);
  const [first = 0, ...rest] = bytes;
  return rest.reduce((value, byte) => value * 256 + byte, first > 127 ? first - 256 : first);
}

function varint(bytes: Uint8Array, at: number): { value: number; next: number } | undefined {
  let value = 0;
  for (let i = 0; i < 8; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) return undefined;
    value = value * 128 + (byte & 0x7f);
    if (byte < 128) return { value, next: at + i + 1 };
  }
  // Nine bytes hold a number beyond 2^56, which nothing here ever is.
  return undefined;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
