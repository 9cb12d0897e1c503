/** Reading what is asked in an address. */
import { z } from "zod";
import { MAX_FIELD_PROBLEMS, type Problem, problem } from "../../../base/problem.ts";
import type { RequestContext } from "../../services.ts";

/** What was asked, or the 400 to answer with. */
export type Query<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: Problem };

/** The query of a request; every bad, unknown or repeated parameter is named. */
export function readQuery<S extends z.ZodObject>(
  c: RequestContext,
  schema: S,
): Query<z.output<S>> {
  const asked = new URL(c.req.url).searchParams;
  const names = [...new Set(asked.keys())];
  const repeated = names.filter((name) => asked.getAll(name).length > 1);
  const read = schema.safeParse(Object.fromEntries(asked));
  if (read.success && repeated.length === 0) return { ok: true, value: read.data };
  const errors = [
    ...repeated.map((name) => ({ path: shown(name), message: "stands there more than once" })),
    ...read.error?.issues.flatMap(fieldProblems) ?? [],
  ];
  return {
    ok: false,
    problem: problem(400, "invalid-query", "Invalid query", {
      errors: errors.slice(0, MAX_FIELD_PROBLEMS),
    }),
  };
}

function fieldProblems(issue: z.core.$ZodIssue): { path: string; message: string }[] {
  if (issue.code !== "unrecognized_keys") {
    return [{ path: shown(String(issue.path[0] ?? "query")), message: issue.message }];
  }
  return issue.keys.map((key) => ({ path: shown(key), message: "is no parameter of this call" }));
}

function shown(name: string): string {
  return name.slice(0, 40).toWellFormed();
}
