/** Several writers at once, each on a connection and on tickers of its own. */

/** A writer's next write. */
export type Write = (writer: number, count: number) => Promise<void>;

/** Writes a second, of all writers together. */
export async function writesPerSecond(
  writers: number,
  measureMs: number,
  write: Write,
): Promise<number> {
  const untilMs = performance.now() + measureMs;
  let written = 0;
  await Promise.all(
    Array.from({ length: writers }, async (_, writer) => {
      for (let count = 0; performance.now() < untilMs; count++) {
        await write(writer, count);
        if (performance.now() < untilMs) written++;
      }
    }),
  );
  return written / (measureMs / 1000);
}
