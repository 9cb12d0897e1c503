/**
 * Reads the body of an ingest call without ever holding more than its limit: a gzip bomb is cut
 * off while it inflates, not after.
 */
import { gunzip } from "node:zlib";
import { type Problem, problem } from "../../base/problem.ts";
import type { Clock } from "../../base/clock.ts";

/** The most bytes a body may have once inflated. */
export const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** How long a caller may take to send its body. */
export const BODY_DEADLINE_MS = 30_000;

/** A body's bytes, or why they were refused. */
export type BytesOutcome =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly problem: Problem };

/** The value that a body held, or why it was refused. */
export type JsonOutcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: Problem };

/** The little of a request that reading its body needs. */
export interface BodySource {
  readonly headers: Headers;
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | null;
}

/** The JSON value of a request's body, as {@link readBody} and {@link parseJson} have it. */
export async function readJsonBody(source: BodySource, clock: Clock): Promise<JsonOutcome> {
  const body = await readBody(source, clock);
  return body.ok ? parseJson(body.bytes) : body;
}

/**
 * The bytes of a request's body, inflated where they came as gzip. Refused with 415 (neither JSON,
 * nor gzip or identity), 413 (more than {@link MAX_BODY_BYTES} inflated), 408 (not sent in time) and
 * 400 (broken gzip).
 */
export async function readBody(source: BodySource, clock: Clock): Promise<BytesOutcome> {
  const media = mediaProblem(source.headers);
  if (media) return { ok: false, problem: media };
  const declared = Number(source.headers.get("content-length") ?? 0);
  if (declared > MAX_BODY_BYTES) return { ok: false, problem: tooLarge() };
  const sent = await readSent(source.body, clock);
  if (!sent.ok || encodingOf(source.headers) === "identity") return sent;
  return await inflate(sent.bytes);
}

/** The JSON value of a body; 400 where it is no UTF-8 or no JSON. */
export function parseJson(bytes: Uint8Array): JsonOutcome {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return refused("The body is not valid UTF-8.");
  }
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return refused(`The body is not JSON: ${error instanceof Error ? error.message : error}`);
  }
}

function mediaProblem(headers: Headers): Problem | undefined {
  const type = (headers.get("content-type") ?? "application/json").split(";")[0]?.trim()
    .toLowerCase();
  if (type !== "application/json") {
    return problem(415, "unsupported-media-type", "Unsupported media type", {
      detail: `The body was sent as ${type}; only application/json is read.`,
    });
  }
  const encoding = encodingOf(headers);
  if (encoding !== "gzip" && encoding !== "identity") {
    return problem(415, "unsupported-media-type", "Unsupported media type", {
      detail:
        `The body was sent with Content-Encoding ${encoding}; only gzip and identity are read.`,
    });
  }
  return undefined;
}

function encodingOf(headers: Headers): string {
  const encoding = (headers.get("content-encoding") ?? "identity").trim().toLowerCase();
  return encoding === "x-gzip" ? "gzip" : encoding || "identity"; // RFC 9110, section 8.4.1.3
}

async function readSent(
  body: ReadableStream<Uint8Array<ArrayBuffer>> | null,
  clock: Clock,
): Promise<BytesOutcome> {
  if (!body) return { ok: true, bytes: new Uint8Array() };
  const reader = body.getReader();
  let late = false;
  const timer = clock.after(BODY_DEADLINE_MS, () => {
    late = true; // the pending read then ends as if the body were whole
    reader.cancel().catch(() => {});
  });
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (late) return { ok: false, problem: tooSlow() };
      if (done) return { ok: true, bytes: concat(chunks, length) };
      chunks.push(value);
      length += value.byteLength;
      if (length > MAX_BODY_BYTES) {
        await reader.cancel();
        return { ok: false, problem: tooLarge() };
      }
    }
  } catch {
    return refused("The body ended before it was whole.");
  } finally {
    timer.cancel();
  }
}

function inflate(bytes: Uint8Array): Promise<BytesOutcome> {
  return new Promise((resolve) => {
    gunzip(bytes, { maxOutputLength: MAX_BODY_BYTES }, (error, inflated) => {
      if (!error) resolve({ ok: true, bytes: inflated });
      else if ("code" in error && error.code === "ERR_BUFFER_TOO_LARGE") {
        resolve({ ok: false, problem: tooLarge() });
      } else resolve(refused("The body is not valid gzip."));
    });
  });
}

function concat(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const [only] = chunks;
  if (only?.byteLength === length) return only;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

function tooSlow(): Problem {
  return problem(408, "body-too-slow", "Request timeout", {
    detail: `The body did not arrive within ${BODY_DEADLINE_MS / 1000} s.`,
  });
}

function tooLarge(): Problem {
  return problem(413, "payload-too-large", "Payload too large", {
    detail: `The body may have at most ${MAX_BODY_BYTES} bytes once inflated (16 MiB).`,
  });
}

function refused(detail: string): { readonly ok: false; readonly problem: Problem } {
  return { ok: false, problem: problem(400, "invalid-body", "Invalid request body", { detail }) };
}
