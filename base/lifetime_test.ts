import { strict as assert } from "node:assert";
import { linesOf } from "./child_lines.ts";
import { LIFELINE_VARIABLE } from "./lifetime.ts";

/** A program that says when it is ready and why it is to end, and takes its time to end. */
const PROGRAM = `
import { endOfProgram } from ${JSON.stringify(new URL("./lifetime.ts", import.meta.url).href)};
const end = endOfProgram({ lifeline: Deno.env.get("${LIFELINE_VARIABLE}") === "1" });
console.log("ready");
await new Promise((resolve) => end.addEventListener("abort", resolve));
console.log(end.reason.message);
await new Promise((resolve) => setTimeout(resolve, 100));
Deno.exit(0);
`;

interface Program {
  readonly child: Deno.ChildProcess;
  readonly lines: AsyncGenerator<string>;
}

async function run(): Promise<Program> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-lock", PROGRAM],
    env: { [LIFELINE_VARIABLE]: "1" },
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const lines = linesOf(child.stdout);
  assert.equal((await lines.next()).value, "ready");
  return { child, lines };
}

async function lastLine({ lines }: Program): Promise<string | undefined> {
  return (await Array.fromAsync(lines)).at(-1);
}

Deno.test("endOfProgram() takes a signal that is passed on twice for one wish", async () => {
  const program = await run();
  program.child.kill("SIGINT");
  program.child.kill("SIGINT");
  assert.equal(await lastLine(program), "SIGINT");
  assert.equal((await program.child.status).code, 0);
  await program.child.stdin.close();
});

Deno.test("endOfProgram() ends a program whose parent's pipe closes", async () => {
  const program = await run();
  await program.child.stdin.close();
  assert.equal(await lastLine(program), "the parent process ended");
  assert.equal((await program.child.status).code, 0);
});
