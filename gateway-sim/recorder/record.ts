/** The record's format (`docs/gateway/recorder.md`): one JSON line for each frame and each event. */
import { z } from "zod";

/** What the first line says, so that a record is known as one. */
export const RECORD_FORMAT = "lastmark gateway record";
const RECORD_VERSION = 1;

const heading = z.strictObject({
  format: z.literal(RECORD_FORMAT),
  version: z.literal(RECORD_VERSION),
  startedAt: z.iso.datetime(),
});

const entry = {
  atMs: z.number().nonnegative(),
  connection: z.number().int().positive(),
};
const side = z.enum(["client", "gateway"]);

const line = z.union([
  z.strictObject({ ...entry, event: z.literal("opened") }),
  z.strictObject({ ...entry, from: z.literal("client"), handshake: z.string() }),
  z.strictObject({ ...entry, from: side, fields: z.array(z.string()).min(1) }),
  z.strictObject({ ...entry, from: side, base64: z.base64() }),
  z.strictObject({ ...entry, from: side, event: z.literal("ended") }),
  z.strictObject({ ...entry, from: side, event: z.literal("failed"), reason: z.string() }),
]);

/** One line after the first. Times are milliseconds since the start of the record. */
export type RecordLine = z.infer<typeof line>;

/** A frame's body as the record writes it. */
export type RecordedBody = { readonly fields: readonly string[] } | { readonly base64: string };

/** A record that cannot be read; the message names the file and the line. */
export class RecordError extends Error {}

/** The first line of a record. */
export function headingLine(startedAtMs: number): string {
  const startedAt = new Date(startedAtMs).toISOString();
  return `${JSON.stringify({ format: RECORD_FORMAT, version: RECORD_VERSION, startedAt })}\n`;
}

/** A line as the file has it. */
export function formatLine(one: RecordLine): string {
  return `${JSON.stringify(one)}\n`;
}

/**
 * A frame's body as the record writes it: its text fields, or, where it has none or is no UTF-8,
 * its bytes.
 */
export function recordedBody(body: Uint8Array): RecordedBody {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
    if (text.endsWith("\0")) return { fields: text.slice(0, -1).split("\0") };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  return { base64: body.toBase64() };
}

/** The body that was recorded, as bytes. */
export function bodyOf(recorded: RecordedBody): Uint8Array {
  if ("base64" in recorded) return Uint8Array.fromBase64(recorded.base64);
  return new TextEncoder().encode(recorded.fields.map((field) => `${field}\0`).join(""));
}

/** A record as it was read. */
export interface ReadRecord {
  readonly lines: readonly RecordLine[];
  /** Whether the last line was cut off, as by a crash, and was left out. */
  readonly truncated: boolean;
}

/**
 * Reads a record.
 *
 * @throws {RecordError} where a line other than the last is no line of a record.
 */
export async function readRecord(path: string): Promise<ReadRecord> {
  const texts = (await Deno.readTextFile(path)).split("\n");
  // Each line is ended: what follows the last end is nothing, or a line that was cut off.
  const cutOff = texts.pop() ?? "";
  const [first = cutOff, ...rest] = texts;
  if (!heading.safeParse(parseJson(first)).success) {
    throw new RecordError(`${path} is no record of a gateway: its first line is not as expected`);
  }
  const lines = rest.map((text, index) => {
    const read = line.safeParse(parseJson(text));
    if (read.success) return read.data;
    throw new RecordError(`${path}, line ${index + 2}: no line of a record`);
  });
  return { lines, truncated: cutOff !== "" };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
