/** Runs a client's script and reads its report. */
import { z } from "zod";
import { TextLineStream } from "./text_lines.ts";

/** Longer than any script that does well. */
const DEADLINE_MS = 180_000;

const Quote = z.record(z.string(), z.number());

/** What was streamed of one option, by the names of the API. */
export type Quote = z.infer<typeof Quote>;

const Line = z.union([
  z.object({ step: z.string(), got: z.string() }),
  z.object({ step: z.string(), failed: z.string(), log: z.array(z.string()) }),
  z.object({ quotes: z.record(z.string(), Quote) }),
]);

/** One line of the report. */
export type ReportLine = z.infer<typeof Line>;

/**
 * The report line by line, as it comes. Throws when the script prints anything else, on standard
 * error too (a library's warning, a thread that died), or ends in any other way than well.
 */
export async function* runScript(command: readonly string[]): AsyncGenerator<ReportLine> {
  const [program = "", ...args] = command;
  const child = new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(DEADLINE_MS),
    env: { PYTHONDONTWRITEBYTECODE: "1", NO_COLOR: "1" },
  }).spawn();
  const stderr = new Response(child.stderr).text();
  let failed = false;
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
  for await (const line of lines) {
    const parsed = Line.safeParse(json(line));
    if (!parsed.success) throw new Error(`The script printed ${line}`);
    failed ||= "failed" in parsed.data;
    yield parsed.data;
  }
  const [{ code }, complaint] = await Promise.all([child.status, stderr]);
  // A step that failed says why itself.
  if (!failed && complaint !== "") throw new Error(`On standard error: ${complaint}`);
  if (!failed && code !== 0) throw new Error(`The script ended with exit code ${code}`);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
