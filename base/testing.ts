/**
 * What programs and logs say while the tests run. Tests hand it over here where they take it in
 * themselves; `.ci/test.ts` looks through all of it for what must never be in a log.
 */

/** Names the file; without it nothing is kept. */
export const OUTPUT_VARIABLE = "LASTMARK_TEST_OUTPUT";

/** Keeps a line, or all that a program wrote. One write: lines of other processes do not cut it. */
export function keepOutput(text: string): void {
  const file = Deno.env.get(OUTPUT_VARIABLE);
  if (file !== undefined && file !== "") {
    Deno.writeTextFileSync(file, `${text}\n`, { append: true });
  }
}
