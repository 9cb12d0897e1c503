/** What clients did against the rules: for tests of clients, and for who wonders about an error. */

/** What a client did wrong. */
export type ViolationKind =
  /** More messages than IB takes (100). */
  | "message_rate"
  /** More market-data lines than the login has (101). */
  | "too_many_lines"
  /** A request under the number of one that is open (102). */
  | "duplicate_id"
  /** A cancel of what is not there (300, 366, 10147). */
  | "unknown_cancel"
  /** A message that cannot be read, or is not known (320). */
  | "unreadable"
  /** Fields that are refused (321). */
  | "invalid"
  /** Historical requests faster than IB takes them (162, 322). */
  | "historical_pacing"
  /** The client ID of a client that is connected (326). */
  | "id_in_use"
  /** A message before startApi. */
  | "too_early"
  /** What is not the TWS API. */
  | "no_tws"
  /** It left with market-data lines that it had not cancelled. */
  | "leaked_lines";

/** One of them. */
export interface Violation {
  /** Domain time. */
  readonly atMs: number;
  readonly clientId: number | null;
  readonly kind: ViolationKind;
  readonly text: string;
}

/** The newest of them are kept whole, all are counted. */
const KEPT = 100;

/** The errors that say what a client did wrong. */
const KIND_OF_CODE: ReadonlyMap<number, ViolationKind> = new Map([
  [100, "message_rate"],
  [101, "too_many_lines"],
  [102, "duplicate_id"],
  [300, "unknown_cancel"],
  [366, "unknown_cancel"],
  [10147, "unknown_cancel"],
  [320, "unreadable"],
  [321, "invalid"],
  [322, "historical_pacing"],
]);

/** Keeps count. */
export class Violations {
  readonly #nowMs: () => number;
  readonly #last: Violation[] = [];
  readonly #counts = new Map<ViolationKind, number>();

  /** @param nowMs Domain time. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** The newest ones, the oldest first. */
  get last(): readonly Violation[] {
    return this.#last;
  }

  /** All of them by kind. */
  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }

  /** Notes one. */
  note(clientId: number | null, kind: ViolationKind, text: string): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
    this.#last.push({ atMs: this.#nowMs(), clientId, kind, text });
    if (this.#last.length > KEPT) this.#last.shift();
  }

  /** Notes what an error says that is sent to a client, where it is the client's to blame. */
  noteError(clientId: number | null, code: number, text: string): void {
    const kind = KIND_OF_CODE.get(code) ??
      (code === 162 && text.includes("pacing violation") ? "historical_pacing" : undefined);
    if (kind) this.note(clientId, kind, `${code} ${text}`);
  }
}
