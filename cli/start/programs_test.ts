import { strict as assert } from "node:assert";
import { readPrograms, taskArgs } from "./programs.ts";

Deno.test("every program that start runs has a task that calls it by itself", async () => {
  const specs = await readPrograms();
  for (const name of ["build", "gateway", "web", "agent"] as const) {
    const { args } = specs(name, { args: ["--help"], env: {} });
    assert.equal(args[0], "run");
    assert.match(args.at(-2) ?? "", /\.ts$/);
    await Deno.stat(args.at(-2) ?? "");
  }
});

Deno.test("no program but the builder and start itself may run others or load libraries", async () => {
  const specs = await readPrograms();
  for (const name of ["gateway", "web", "agent"] as const) {
    const { args } = specs(name, { args: [], env: {} });
    for (const flag of args) assert.doesNotMatch(flag, /^--allow-(all|run|ffi)|^--allow-sys$|^-A$/);
    assert.ok(args.some((flag) => flag.startsWith("--allow-env=")), `${name} names its variables`);
  }
});

Deno.test("taskArgs() refuses a task of another form", () => {
  assert.throws(
    () => taskArgs("web", "vite build", []),
    /the task web in deno\.json is "vite build"/,
  );
});
