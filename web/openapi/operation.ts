/** How a route describes itself; `document.ts` makes the whole description from the route table. */
import type { z } from "zod";
import type { AnswerName, RequestName } from "./schemas.ts";

/** One kind of answer. A status from 400 on is problem details unless it says otherwise. */
export interface Answer {
  readonly description: string;
  /** What its body is; absent where it has none, or is a problem. */
  readonly body?: AnswerName;
  /** Headers it always has, each with what it says. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a call takes and answers, besides what every call of its role answers. */
export interface Operation {
  readonly tag: "chains" | "history" | "agents" | "server";
  readonly summary: string;
  readonly description?: string;
  readonly path?: z.ZodObject;
  readonly query?: z.ZodObject;
  /** Request headers by their names. */
  readonly headers?: z.ZodObject;
  readonly body?: RequestName;
  readonly answers: Readonly<Record<number, Answer>>;
  /** Whether it answers without the database, and so never 503 for want of it. */
  readonly withoutDatabase?: true;
}
