/** The recorder and its replay as programs, between a gateway and a client. */
import { strict as assert } from "node:assert";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { keepOutput } from "../../../base/testing.ts";
import { RawClient } from "../../test/raw_client.ts";
import { withGateway } from "../../test/gateway_for_test.ts";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));

const listening = z.object({
  event: z.literal("gateway.listening"),
  port: z.number(),
  market: z.string(),
});

/** A program that listens. */
interface Program {
  readonly port: number;
  readonly market: string;
  /** Ends it, and gives what it printed on standard error. */
  end(): Promise<{ readonly code: number; readonly stderr: string }>;
}

function spawn(args: readonly string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--allow-net",
      "--allow-read",
      "--allow-write",
      "--allow-env=CLOCK_OFFSET_MS,LASTMARK_LIFELINE",
      MAIN,
      "--port",
      "0",
      ...args,
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function start(...args: readonly string[]): Promise<Program> {
  const child = spawn(args);
  const stderr = new Response(child.stderr).text();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`ended without a ready line: ${text}${await stderr}`);
    text += value;
  }
  const drained = (async () => {
    while (!(await reader.read()).done) { /* read, so that the child never waits for us */ }
  })();
  const ready = listening.parse(JSON.parse(text.split("\n")[0] ?? ""));
  return {
    ...ready,
    async end() {
      child.kill("SIGTERM");
      const [{ code }, said] = await Promise.all([child.status, stderr, drained]);
      keepOutput(said);
      return { code, stderr: said };
    },
  };
}

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "lastmark-recorder-" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (const byCommand of [true, false]) {
  const how = byCommand ? "as commands" : "by flags alone";
  Deno.test(`record and replay-record work ${how}, after a kill and a cut-off line too`, async () => {
    await withFolder(async (folder) => {
      const file = `${folder}/gateway.jsonl`;
      await withGateway({ accounts: ["DU7654321"] }, async ({ gateway }) => {
        const recorder = await start(
          ...(byCommand ? ["record"] : []),
          "--record",
          file,
          "--upstream",
          `127.0.0.1:${gateway.port}`,
        );
        assert.equal(recorder.market, "upstream");
        const client = await RawClient.connect(recorder.port);
        await client.settle();
        // Nothing of what the client has heard may be only in memory.
        const lines = (await Deno.readTextFile(file)).split("\n");
        assert.ok(lines.some((line) => line.includes('"from":"gateway","fields":["49"')));
        const { code, stderr } = await recorder.end();
        assert.deepEqual([code, stderr], [0, ""]);
        await client.ended;
      });
      const text = await Deno.readTextFile(file);
      assert.ok(!text.includes("DU7654321"));
      await Deno.writeTextFile(file, text.slice(0, -5));
      const replay = await start(
        ...(byCommand ? ["replay-record", file] : ["--replay-record", file]),
        "--speed",
        "100",
      );
      assert.equal(replay.market, "record");
      const client = await RawClient.connect(replay.port);
      const [, , accounts] = await client.next(([kind]) => kind === "15");
      assert.equal(accounts, "DU0000001");
      await client.close();
      const { code, stderr } = await replay.end();
      assert.equal(code, 0);
      assert.match(stderr, /"event":"replay.truncated".*cut off and was left out/);
    });
  });
}

const refusals: readonly [string, readonly string[], number, RegExp][] = [
  ["a record without a gateway", ["record", "--record", "r"], 64, /--record needs --upstream/],
  ["a command without a file", ["record", "--upstream", "h:1"], 64, /record needs --record FILE/],
  ["a gateway without a record", ["--upstream", "h:1"], 64, /--upstream needs --record/],
  ["a gateway without a port", ["--upstream", "h"], 64, /'h' is invalid.*127\.0\.0\.1:7497/],
  ["two things to serve", ["--replay", "d", "--replay-record", "r"], 64, /cannot be had at once/],
  ["a speed of a market", ["--speed", "2"], 64, /--speed needs --replay-record/],
  ["a record that is not there", ["replay-record", "/nonexistent/r"], 1, /^error: .*nonexistent/],
  ["a file that is no record", ["replay-record", MAIN], 1, /is no record of a gateway/],
  [
    "a file that is there already",
    ["record", "--record", MAIN, "--upstream", "127.0.0.1:1"],
    1,
    /^error: .*exists/,
  ],
];
for (const [what, args, code, message] of refusals) {
  Deno.test(`the gateway refuses ${what} in one line, with exit code ${code}`, async () => {
    const { code: ended, stderr } = await spawn(args).output();
    const text = new TextDecoder().decode(stderr);
    assert.match(text, message);
    assert.equal(ended, code, text);
    assert.equal(text.trim().split("\n").length, 1, text);
  });
}
