/**
 * Lines of a child program's output.
 */

/** A longer line is cut here, so that a child cannot make its parent hold any amount of text. */
const MAX_LINE = 64 * 1024;

/**
 * The lines of a stream of UTF-8 text, without their ends; the last may lack one.
 *
 * @example
 * ```ts
 * import { linesOf } from "./child_lines.ts";
 * const lines = await Array.fromAsync(linesOf(new Blob(["a\r\nb"]).stream()));
 * console.assert(lines.join() === "a,b");
 * ```
 */
export async function* linesOf(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder();
  let held = "";
  for await (const chunk of stream) {
    held += decoder.decode(chunk, { stream: true });
    const lines = held.split(/\r?\n/);
    held = (lines.pop() ?? "").slice(0, MAX_LINE);
    yield* lines;
  }
  held += decoder.decode();
  if (held !== "") yield held;
}
