/** The gateway as a program: settings, ready line, ends. */
import { strict as assert } from "node:assert";
import { LIFELINE_VARIABLE } from "../../base/lifetime.ts";
import { RawClient } from "./raw_client.ts";

const MAIN = new URL("../main.ts", import.meta.url).pathname;

function gateway(args: readonly string[], env: Record<string, string> = {}): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-net", "--allow-read", "--allow-env", MAIN, ...args],
    env,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  });
}

/** The ready line's fields. */
async function ready(child: Deno.ChildProcess): Promise<{ port: number; controlPort: number }> {
  let text = "";
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  while (!text.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`ended without a ready line: ${text}`);
    text += value;
  }
  // The rest is read and dropped, so that the child never waits for us.
  void (async () => {
    while (!(await reader.read()).done);
  })();
  const line = JSON.parse(text.split("\n")[0] ?? "");
  assert.equal(line.event, "gateway.listening");
  return line;
}

const FREE = ["--port", "0", "--control-port", "0"];

Deno.test("the program says where it listens, serves the made-up market, and ends with its parent", async () => {
  const child = gateway([...FREE, "--tick-delay", "0"], { [LIFELINE_VARIABLE]: "1" }).spawn();
  const { port, controlPort } = await ready(child);
  const client = await RawClient.connect(port);
  await client.settle();
  const response = await fetch(`http://127.0.0.1:${controlPort}/symbols`);
  const { symbols } = await response.json();
  assert.ok(symbols.length >= 8, `${symbols.length} symbols`);
  await child.stdin.close();
  const [{ code }] = await Promise.all([child.status, client.ended]);
  assert.equal(code, 0);
  await child.stderr.cancel();
});

Deno.test("the program ends on SIGTERM with exit code 0", async () => {
  const child = gateway(FREE).spawn();
  await ready(child);
  child.kill("SIGTERM");
  assert.equal((await child.status).code, 0);
  await child.stdin.close();
  await child.stderr.cancel();
});

for (
  const [what, args, code, message] of [
    ["a port that is no number", ["--port", "abc"], 64, /'abc' is invalid.*from 0 to 65535/],
    ["an unknown word", ["serve"], 64, /too many arguments/],
    ["delays backwards", ["--tick-delay", "9-1"], 64, /0 or 100-1600/],
    ["an account that is none", ["--accounts", "me"], 64, /DU1234567/],
    ["a version it does not speak", ["--server-version", "201"], 64, /from 176 to 193/],
    ["steps without a replay", ["--step-seconds", "5"], 64, /needs --replay/],
    ["a form of files that is none", ["convert", "a", "b", "--format", "xml"], 64, /json, csv/],
    ["a folder that is not there", ["convert", "/nonexistent", "b"], 1, /^error: \/nonexistent/],
    ["a replay of nothing", [...FREE, "--replay", "/nonexistent"], 1, /^error: \/nonexistent/],
    ["an address of another machine", [...FREE, "--host", "192.0.2.1"], 1, /192\.0\.2\.1:0/],
  ] as const
) {
  Deno.test(`${what}: one clear line and exit code ${code}`, async () => {
    const child = gateway([...args]).spawn();
    await child.stdin.close();
    const { code: ended, stderr, stdout } = await child.output();
    const text = new TextDecoder().decode(stderr);
    assert.equal(ended, code, text);
    assert.match(text, message);
    assert.ok(text.trim().split("\n").length <= 2, text);
    assert.equal(stdout.length, 0);
  });
}

for (const flag of ["--port", "--control-port"]) {
  Deno.test(`a busy ${flag.slice(2)}: one line that names it and the flag, exit code 1`, async () => {
    const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const child = gateway([...FREE, flag, String(taken.addr.port)]).spawn();
    await child.stdin.close();
    const { code, stderr } = await child.output();
    taken.close();
    const text = new TextDecoder().decode(stderr);
    assert.equal(code, 1);
    assert.equal(
      text.trim(),
      `error: Port ${taken.addr.port} of 127.0.0.1 is in use by another program; choose one with ${flag}`,
    );
  });
}
