import { strict as assert } from "node:assert";
import { ChildNotReadyError, type ChildOptions, keepRunning, type KeptChild } from "./child.ts";
import { linesOf } from "./child_lines.ts";
import { systemClock } from "./clock.ts";

/** A program that says that it is ready with its process ID, and ends when its lifeline does. */
const PROGRAM = `
console.log("ready " + Deno.pid);
for await (const _ of Deno.stdin.readable) { /* nothing comes */ }
console.log("ended in order");
`;

function options(script: string, given: Partial<ChildOptions<number>> = {}): ChildOptions<number> {
  return {
    clock: systemClock(),
    spec: () => ({
      command: Deno.execPath(),
      args: ["eval", "--no-lock", script],
      cwd: ".",
      env: {},
    }),
    readReady: (line) => (line.startsWith("ready ") ? Number(line.slice(6)) : undefined),
    onLine: () => {},
    onStart: () => {},
    onRestart: () => {},
    ...given,
  };
}

async function using(
  child: KeptChild<number>,
  test: (child: KeptChild<number>) => Promise<void>,
): Promise<void> {
  try {
    await test(child);
  } finally {
    await child.stop();
  }
}

Deno.test("keepRunning() ends a child by closing its lifeline", async () => {
  const lines: string[] = [];
  const child = keepRunning(options(PROGRAM, { onLine: (line) => lines.push(line) }));
  await child.ready;
  await child.stop();
  assert.equal(lines.at(-1), "ended in order");
  assert.equal(child.pid, undefined);
});

Deno.test("keepRunning() runs a killed child again and tells it what the run before said", async () => {
  const restarted = Promise.withResolvers<string | null>();
  const again = Promise.withResolvers<void>();
  let befores: (number | undefined)[] = [];
  const plain = options(PROGRAM);
  const child = keepRunning({
    ...plain,
    spec: (before) => {
      befores = [...befores, before];
      return plain.spec(before);
    },
    onRestart: (end) => restarted.resolve(end.signal),
    onLine: () => befores.length === 2 && again.resolve(),
  });
  await using(child, async () => {
    const pid = await child.ready;
    Deno.kill(pid, "SIGKILL");
    assert.equal(await restarted.promise, "SIGKILL");
    await again.promise;
    assert.deepEqual(befores, [undefined, pid]);
    assert.notEqual(child.pid, pid);
  });
});

Deno.test("keepRunning() runs a child again in order when it is told to restart it", async () => {
  const lines: string[] = [];
  const again = Promise.withResolvers<void>();
  const onLine = (line: string): void => {
    if (lines.push(line) === 3) again.resolve();
  };
  const onRestart = (): void => assert.fail("it died");
  await using(keepRunning(options(PROGRAM, { onLine, onRestart })), async (child) => {
    const pid = await child.ready;
    await child.restart();
    await again.promise;
    assert.deepEqual(lines, [`ready ${pid}`, "ended in order", `ready ${child.pid}`]);
  });
});

Deno.test("keepRunning() says the last words of a child that never was ready, and runs it no more", async () => {
  const child = keepRunning(options(`console.error("port 8000 is taken"); Deno.exit(1);`, {
    onRestart: () => assert.fail("it was run again"),
  }));
  await assert.rejects(child.ready, (error) => {
    assert.ok(error instanceof ChildNotReadyError);
    assert.equal(error.message, "port 8000 is taken");
    assert.equal(error.end.code, 1);
    return true;
  });
  await child.stop();
});

Deno.test("linesOf() puts lines together again however the bytes are cut", async () => {
  const bytes = new TextEncoder().encode("één\r\ntwo\n\nthree");
  for (let cut = 1; cut < bytes.length; cut++) {
    const stream = new Blob([bytes.slice(0, cut)]).stream();
    const rest = new Blob([bytes.slice(cut)]).stream();
    const both = new ReadableStream<Uint8Array>({
      async start(controller) {
        for (const part of [stream, rest]) {
          for await (const chunk of part) controller.enqueue(chunk);
        }
        controller.close();
      },
    });
    assert.deepEqual(await Array.fromAsync(linesOf(both)), ["één", "two", "", "three"]);
  }
});
