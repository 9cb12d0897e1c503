/**
 * A record as questions and their answers: each message of the gateway belongs to the message of
 * the client that it answers, by the id they share or by their kinds. What answers nothing (notices,
 * the end of the connection) belongs to the connection's start.
 */
import {
  ANSWERS,
  ERROR,
  errorPlaces,
  FIRST_BINARY_VERSION,
  type Layout,
  layoutOfQuestion,
  START_API,
} from "./messages.ts";
import type { RecordedBody, RecordLine } from "./record.ts";

/** What the gateway did so long after a question. */
export type Answer =
  | {
    readonly afterMs: number;
    readonly body: RecordedBody;
    /** Where the question's id stands; absent where the answer has none. */
    readonly idAt?: number;
  }
  | { readonly afterMs: number; readonly body: null };

/** A message of the client, with all that came of it. */
export interface Question {
  readonly atMs: number;
  /** The message's kind; `null` for a binary one and for the handshake. */
  readonly kind: number | null;
  readonly layout: Layout | undefined;
  /** Equal for messages that ask the same, whatever their id. */
  readonly key: string;
  /** The id of the request; `null` where it has none. */
  readonly id: string | null;
  readonly answers: Answer[];
}

/** What one client said and heard. */
export interface RecordedConnection {
  /** The version that the gateway announced; `null` when it never answered the handshake. */
  readonly serverVersion: number | null;
  /** The client ID of startApi; `null` when there was none, or a binary one. */
  readonly clientId: string | null;
  /** The handshake, with what the gateway did before startApi. */
  readonly opening: Question;
  /** startApi; `null` when the client did not come so far. */
  readonly start: Question | null;
  /** All after it, in their order. */
  readonly questions: readonly Question[];
}

/** Answers of which each question has one: the first belongs to the question asked first. */
const ONE_EACH: ReadonlySet<number> = new Set([9, 15, 49]);

/** From 1000 on codes are of the system: connections lost, farms broken. */
const FIRST_SYSTEM_CODE = 1_000;

/** The connections of a record, in the order of their opening. */
export function connectionsOf(lines: readonly RecordLine[]): readonly RecordedConnection[] {
  const found = new Map<number, Reading>();
  for (const line of lines) {
    const reading = found.get(line.connection) ?? new Reading(line.atMs);
    found.set(line.connection, reading);
    reading.take(line);
  }
  return [...found.values()];
}

/** The question that a message is, with no answers yet. */
export function questionOf(
  body: RecordedBody,
  serverVersion: number,
  atMs: number,
): Question {
  if ("base64" in body) {
    return { atMs, kind: null, layout: undefined, key: body.base64, id: null, answers: [] };
  }
  const kind = Number(body.fields[0]);
  const layout = layoutOfQuestion(kind, serverVersion);
  const idAt = layout?.idAt;
  const id = idAt === undefined ? null : body.fields[idAt] ?? null;
  const key = JSON.stringify(body.fields.map((field, at) => at === idAt ? "" : field));
  return { atMs, kind, layout, key, id, answers: [] };
}

/** One connection, line by line. */
class Reading implements RecordedConnection {
  readonly opening: Question;
  readonly questions: Question[] = [];
  serverVersion: number | null = null;
  clientId: string | null = null;
  start: Question | null = null;
  #clientEnded = false;
  /** The last question of each id. */
  readonly #byId = new Map<string, Question>();
  /** Questions that an answer without an id may belong to, by the answer's kind. */
  readonly #expecting = new Map<number, Question[]>();

  constructor(atMs: number) {
    this.opening = { atMs, kind: null, layout: undefined, key: "", id: null, answers: [] };
  }

  take(line: RecordLine): void {
    if ("event" in line) {
      if (line.event === "opened") return;
      if (line.from === "client") this.#clientEnded = true;
      // What the gateway does after its client has gone is no answer to anything.
      else if (!this.#clientEnded) this.#answer(this.start ?? this.opening, line.atMs, null);
      return;
    }
    if ("handshake" in line) return;
    if (line.from === "client") this.#ask(line, line.atMs);
    else if (this.serverVersion === null) this.#greet(line, line.atMs);
    else this.#attribute(line, line.atMs);
  }

  #greet(body: RecordedBody, atMs: number): void {
    this.serverVersion = "fields" in body ? Number(body.fields[0]) : 0;
    this.#answer(this.opening, atMs, body);
  }

  #ask(body: RecordedBody, atMs: number): void {
    const question = questionOf(body, this.serverVersion ?? 0, atMs);
    if (this.start === null) {
      this.start = question;
      if ("fields" in body && question.kind === START_API) this.clientId = body.fields[2] ?? null;
    } else {
      this.questions.push(question);
    }
    if (question.id !== null) this.#byId.set(question.id, question);
    for (const kind of question.layout?.answers ?? []) {
      this.#expecting.set(kind, [...this.#expecting.get(kind) ?? [], question]);
    }
  }

  #attribute(body: RecordedBody, atMs: number): void {
    const start = this.start ?? this.opening;
    const latest = this.questions.at(-1) ?? start;
    if ("base64" in body) return this.#answer(latest, atMs, body);
    const kind = Number(body.fields[0]);
    const error = errorPlaces(this.serverVersion ?? FIRST_BINARY_VERSION);
    const idAt = kind === ERROR ? error.idAt : ANSWERS.get(kind)?.idAt;
    const asked = idAt === undefined ? undefined : this.#byId.get(body.fields[idAt] ?? "");
    if (asked && idAt !== undefined) return this.#answer(asked, atMs, body, idAt);
    if (kind === ERROR) {
      const ofSystem = Number(body.fields[error.codeAt]) >= FIRST_SYSTEM_CODE;
      return this.#answer(ofSystem ? start : latest, atMs, body);
    }
    const expecting = this.#expecting.get(kind) ?? [];
    const awaited = ONE_EACH.has(kind)
      ? expecting.find((each) => !this.#has(each, kind))
      : undefined;
    this.#answer(awaited ?? expecting.at(-1) ?? start, atMs, body);
  }

  #has(question: Question, kind: number): boolean {
    return question.answers.some(({ body }) =>
      body !== null && "fields" in body && body.fields[0] === String(kind)
    );
  }

  #answer(question: Question, atMs: number, body: RecordedBody | null, idAt?: number): void {
    const afterMs = Math.max(0, atMs - question.atMs);
    if (body === null) {
      question.answers.push({ afterMs, body });
      return;
    }
    const said = "fields" in body ? { fields: body.fields } : { base64: body.base64 };
    question.answers.push({ afterMs, body: said, ...(idAt !== undefined && { idAt }) });
  }
}
