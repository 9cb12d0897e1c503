/** What is still to be sent to a client, by the time that it is due. */
import type { Answer } from "./questions.ts";

/** The answers to one question, on their way. */
export interface Playing {
  readonly answers: readonly Answer[];
  /** When the question came, on the monotonic clock. */
  readonly askedMs: number;
  /** The id that the client gave the question; `null` where it has none. */
  readonly id: string | null;
}

/** One answer that is due. */
export interface Due {
  readonly dueMs: number;
  readonly answer: Answer;
  readonly id: string | null;
}

interface Cursor {
  readonly playing: Playing;
  next: number;
}

/** Gives the answers of all questions in the order of their times. */
export class Schedule {
  readonly #speed: number;
  /** In the order of the questions, which decides between answers that are due at once. */
  #cursors: Cursor[] = [];

  /** @param speed How many times faster than recorded. */
  constructor(speed: number) {
    this.#speed = speed;
  }

  add(playing: Playing): void {
    if (playing.answers.length > 0) this.#cursors.push({ playing, next: 0 });
  }

  /** Sends no more of these answers. */
  remove(playing: Playing): void {
    this.#cursors = this.#cursors.filter((cursor) => cursor.playing !== playing);
  }

  /** The answer that is due first; `undefined` when there is none. */
  peek(): Due | undefined {
    return this.#first()?.due;
  }

  /** Takes the answer that is due first. */
  take(): void {
    const first = this.#first();
    if (!first) return;
    first.cursor.next++;
    if (first.cursor.next >= first.cursor.playing.answers.length) {
      this.remove(first.cursor.playing);
    }
  }

  #first(): { readonly cursor: Cursor; readonly due: Due } | undefined {
    let first: { readonly cursor: Cursor; readonly due: Due } | undefined;
    for (const cursor of this.#cursors) {
      const { answers, askedMs, id } = cursor.playing;
      const answer = answers[cursor.next];
      if (!answer) continue;
      const dueMs = askedMs + answer.afterMs / this.#speed;
      if (!first || dueMs < first.due.dueMs) first = { cursor, due: { dueMs, answer, id } };
    }
    return first;
  }
}
