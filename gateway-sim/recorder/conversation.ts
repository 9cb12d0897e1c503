/** One client of a replay: finds its questions in the record and says what it is to be answered. */
import { escapeText } from "../wire/fields.ts";
import { FIRST_BINARY_VERSION, FIRST_VERSION_WITH_ERROR_TIME } from "./messages.ts";
import { type Question, questionOf, type RecordedConnection } from "./questions.ts";
import type { RecordedBody } from "./record.ts";
import type { Playing } from "./schedule.ts";

/** IB's code for a request that cannot be served as it is. */
const NOT_VALID = 321;

const MOST_SHOWN = 120;

/** What to do about a message of the client. */
export interface Reaction {
  /** Answers to send. */
  readonly play?: Playing;
  /** Answers that are not wanted any more. */
  readonly stop?: Playing;
  /** Why there is no answer, and the message that says so to the client. */
  readonly unknown?: { readonly text: string; readonly body: RecordedBody };
}

/** Follows one recorded connection. */
export class Conversation {
  readonly #connection: RecordedConnection;
  readonly #serverVersion: number;
  /** The recorded questions not asked yet, and the one asked last, by their key. */
  readonly #waiting = new Map<string, Question[]>();
  readonly #asked = new Map<string, Question>();
  /** What the client has open, by its own ids. */
  readonly #open = new Map<string, { readonly question: Question; readonly playing: Playing }>();

  constructor(connection: RecordedConnection) {
    this.#connection = connection;
    this.#serverVersion = connection.serverVersion ?? 0;
    for (const question of connection.questions) {
      this.#waiting.set(question.key, [...this.#waiting.get(question.key) ?? [], question]);
    }
  }

  /** startApi, whatever its client ID. */
  start(nowMs: number): Reaction {
    const { start } = this.#connection;
    return { play: { answers: start?.answers ?? [], askedMs: nowMs, id: null } };
  }

  /** Any message after startApi. */
  hear(body: RecordedBody, nowMs: number): Reaction {
    const asked = questionOf(body, this.#serverVersion, nowMs);
    if (asked.layout?.cancels && asked.id !== null) return this.#cancel(asked, asked.id, nowMs);
    const question = this.#find(asked.key);
    if (!question) return { unknown: this.#refusal(asked, body) };
    return { play: this.#play(question, asked.id, nowMs) };
  }

  /** The next of its kind in the record; when all were asked, the last one again. */
  #find(key: string): Question | undefined {
    const question = this.#waiting.get(key)?.shift() ?? this.#asked.get(key);
    if (question) this.#asked.set(key, question);
    return question;
  }

  /** A cancel is the one of the question that it ends; most are answered by nothing. */
  #cancel(asked: Question, id: string, nowMs: number): Reaction {
    const open = this.#open.get(id);
    if (!open) return { unknown: this.#refusal(asked, null) };
    this.#open.delete(id);
    const all = this.#waiting.get(asked.key) ?? [];
    const at = all.findIndex((each) => each.id === open.question.id);
    const [recorded] = at < 0 ? [] : all.splice(at, 1);
    const play = recorded && { answers: recorded.answers, askedMs: nowMs, id };
    return { stop: open.playing, ...(play && { play }) };
  }

  #play(question: Question, id: string | null, nowMs: number): Playing {
    const playing = { answers: question.answers, askedMs: nowMs, id };
    if (id !== null) this.#open.set(id, { question, playing });
    return playing;
  }

  #refusal(asked: Question, body: RecordedBody | null): NonNullable<Reaction["unknown"]> {
    const kind = asked.kind === null
      ? "a binary message"
      : `${asked.layout?.name ?? "message"} (${asked.kind})`;
    const fields = body && "fields" in body ? `: ${body.fields.slice(1).join(",")}` : "";
    const what = `${kind}${fields}`.slice(0, MOST_SHOWN);
    const text = `This question is not in the record, or not with these values: ${what}`;
    return { text, body: this.#error(asked.id ?? "-1", text, asked.atMs) };
  }

  #error(id: string, text: string, nowMs: number): RecordedBody {
    const cause = escapeText(`Error validating request.-'bW' : cause - ${text}`);
    const fields = this.#serverVersion < FIRST_VERSION_WITH_ERROR_TIME
      ? ["4", "2", id, String(NOT_VALID), cause, ""]
      : ["4", id, String(NOT_VALID), cause, "", String(Math.round(nowMs))];
    if (this.#serverVersion < FIRST_BINARY_VERSION) return { fields };
    // A message that is not protobuf begins with its id in binary.
    const rest = new TextEncoder().encode(fields.slice(1).map((field) => `${field}\0`).join(""));
    const body = new Uint8Array(4 + rest.length);
    new DataView(body.buffer).setUint32(0, Number(fields[0]));
    body.set(rest, 4);
    return { base64: body.toBase64() };
  }
}
