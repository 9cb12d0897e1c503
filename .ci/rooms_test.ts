import { strict as assert } from "node:assert";
import { forbiddenImports } from "./rooms.ts";

const refused = (from: string, specifier: string, to: string | null): string[] =>
  forbiddenImports([{ from, specifier, to, line: 7 }], {
    agent: ["@stoqey/ib", "zod"],
    web: ["preact"],
  });

Deno.test("forbiddenImports() lets a room import itself and what the table names", () => {
  assert.deepEqual(refused("agent/main.ts", "./chain/read.ts", "agent/chain/read.ts"), []);
  assert.deepEqual(refused("agent/main.ts", "../base/clock.ts", "base/clock.ts"), []);
});

const refusals: readonly [string, string[], RegExp][] = [
  [
    "a room the table forbids",
    refused("agent/main.ts", "../db/keys.ts", "db/keys.ts"),
    /imports db\/keys.ts, but agent may import base, options, telemetry/,
  ],
  [
    "anything of ours into base",
    refused("base/clock.ts", "../options/quote.ts", "options/quote.ts"),
    /nothing of ours/,
  ],
  [
    "a file in a folder that is no room",
    refused("scratch/a.ts", "../base/clock.ts", "base/clock.ts"),
    /no room that the table knows/,
  ],
  [
    "a package that the room does not name",
    refused("agent/main.ts", "hono", null),
    /imports hono, which agent\/deno.json does not name/,
  ],
  ["a package of another room's", refused("web/app.ts", "@stoqey/ib", null), /imports @stoqey\/ib/],
  ["a package by npm: address", refused("agent/main.ts", "npm:zod@4", null), /import it by name/],
  ["a module from JSR", refused("agent/main.ts", "jsr:@std/assert", null), /import it by name/],
];
for (const [what, problems, sentence] of refusals) {
  Deno.test(`forbiddenImports() refuses ${what}`, () => {
    assert.equal(problems.length, 1);
    assert.match(problems[0] ?? "", sentence);
  });
}

Deno.test("forbiddenImports() takes a path inside a package for the package", () => {
  assert.deepEqual(refused("web/app.ts", "preact/jsx-runtime", null), []);
  assert.deepEqual(refused("agent/main.ts", "@stoqey/ib/dist/x.js", null), []);
});

Deno.test("forbiddenImports() lets every room use what Deno has built in", () => {
  assert.deepEqual(refused("base/clock.ts", "node:path", null), []);
});
