import { strict as assert } from "node:assert";
import { brokenPromises } from "./docs.ts";

const present = new Set(["README.md", "docs", "docs/guide.md", "agent/main.ts", "docs/a.png"]);

function problems(text: string): string[] {
  return brokenPromises({
    documents: new Map([["README.md", "# Top\n"], ["docs/guide.md", text]]),
    exists: (path) => present.has(path),
    tasks: new Set(["start"]),
    folders: new Set(["agent", "docs", "web"]),
    made: ["web/dist/"],
  });
}

const kept: readonly [string, string][] = [
  ["a link to a file", "[top](../README.md)"],
  ["a link to a heading of another file", "[top](../README.md#top)"],
  ["a link to a heading of its own", "# How it works\n\n[it](#how-it-works)"],
  ["a link to the web", "[IB](https://www.interactivebrokers.com/#none)"],
  ["a picture", "![page](a.png)"],
  ["a task that exists", "```sh\nnpx -y deno@2.9.6 task start\n```"],
  ["a file that exists", "See `agent/main.ts`."],
  ["a folder that a build makes", "The build is in `web/dist/`."],
  ["a path with a wildcard", "All of `agent/*.ts`."],
  ["what only looks like a path", "Send `text/html`."],
];
for (const [what, text] of kept) {
  Deno.test(`brokenPromises() is content with ${what}`, () => assert.deepEqual(problems(text), []));
}

const broken: readonly [string, string, RegExp][] = [
  ["a link to no file", "text\n\n[x](missing.md)", /^docs\/guide.md:3 links to missing.md, which/],
  ["a link to no heading", "[x](../README.md#bottom)", /no heading has that anchor/],
  ["a link in a table", "| a |\n|---|\n| [x](missing.md) |", /links to missing.md/],
  ["a reference to no file", "[x][ref]\n\n[ref]: missing.md", /links to missing.md/],
  ["a picture that is not there", "![x](b.png)", /links to b.png/],
  ["a link from the top of the site", "[x](/README.md)", /relative to the file/],
  ["a task that does not exist", "```sh\ndeno task fly\n```", /names the task fly/],
  ["a task that does not exist, in a sentence", "Run `deno task fly`.", /names the task fly/],
  ["a file that does not exist", "See `agent/other.ts`.", /mentions agent\/other.ts/],
];
for (const [what, text, sentence] of broken) {
  Deno.test(`brokenPromises() reports ${what}`, () => {
    const found = problems(text);
    assert.equal(found.length, 1, found.join("\n"));
    assert.match(found[0] ?? "", sentence);
  });
}
