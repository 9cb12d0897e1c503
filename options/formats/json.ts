/** What the readers of JSON files share. */
import { z } from "zod";
import { ChainFileError } from "./recorded.ts";

/** A number or none: `null` and an absent field say the same. */
export const optionalNumber = z.number().nullish().transform((value) => value ?? null);

/** A time as ISO 8601 with its zone, in epoch milliseconds. */
export const isoTime = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

/** A file's text as JSON. */
export function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ChainFileError(
      file,
      "",
      `is not JSON (${error instanceof Error ? error.message : error}).`,
    );
  }
}

/** A JSON value in the form that a schema says, or an error that names the first wrong place. */
export function inForm<S extends z.ZodType>(schema: S, value: unknown, file: string): z.infer<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.path.map((key) => typeof key === "number" ? `[${key}]` : `.${String(key)}`);
  const place = (path ?? []).join("").replace(/^\./, "");
  throw new ChainFileError(file, place, `${issue?.message ?? "is not as expected"}.`);
}
