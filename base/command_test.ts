import { strict as assert } from "node:assert";
import { EXIT_USAGE, idRange, oneOf, port, url, wholeNumber } from "./command.ts";
import { LIFELINE_VARIABLE } from "./lifetime.ts";

const refusals: [string, () => unknown, RegExp][] = [
  ["a port above 65535", () => port("70000"), /from 0 to 65535/],
  ["a port with a fraction", () => port("80.5"), /whole number/],
  ["an empty number", () => wholeNumber(1, 9)(""), /from 1 to 9/],
  ["an unknown word", () => oneOf("info", "warn")("loud"), /info, warn/],
  ["a URL of another scheme", () => url("http:", "https:")("ftp://x"), /http: or https:/],
  ["a range backwards", () => idRange("399-300"), /300-399/],
];
for (const [what, parse, message] of refusals) {
  Deno.test(`settings refuse ${what} and say what is allowed`, () => {
    assert.throws(parse, (error: Error) => message.test(error.message));
  });
}

Deno.test("idRange() reads both ends", () => {
  assert.deepEqual(idRange("300-399"), { first: 300, last: 399 });
});

/** Runs a program of one setting, `--port`, that may read no variable and no file. */
async function runProgram(...args: readonly string[]): Promise<Deno.CommandOutput> {
  const script = `
    import { command, port, setting } from ${JSON.stringify(import.meta.resolve("./command.ts"))};
    command("web", "The server.")
      .addOption(setting({ flags: "--port <number>", help: "its port", parse: port }))
      .action(() => {})
      .parse(${JSON.stringify(args)}, { from: "user" });`;
  return await runScript(script, ["--no-prompt"]);
}

async function runScript(
  script: string,
  flags: readonly string[],
  env: Record<string, string> = {},
): Promise<Deno.CommandOutput> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--ext=ts", ...flags, "-"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    env,
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(script));
  await writer.close();
  return await child.output();
}

Deno.test("--help needs no permission", async () => {
  const { code, stdout, stderr } = await runProgram("--help");
  assert.equal(new TextDecoder().decode(stderr), "");
  assert.match(new TextDecoder().decode(stdout), /^Usage: web \[options\]\n[^]*--port <number>/);
  assert.equal(code, 0);
});

for (const args of [["--port", "x"], ["--foo"]]) {
  Deno.test(`a wrong command line (${args.join(" ")}) is one line, and exit code 64`, async () => {
    const { code, stderr } = await runProgram(...args);
    assert.match(new TextDecoder().decode(stderr), /^error: .+ \(see web --help\)\n$/);
    assert.equal(code, EXIT_USAGE);
  });
}

/** What a program whose `.env.local` says `local` takes `--port` and `--host` to be. */
async function readSettings(local: string, env: Record<string, string>): Promise<string> {
  const file = await Deno.makeTempFile();
  const script = `
    import { command, readEnvLocal, setting } from ${
    JSON.stringify(import.meta.resolve("./command.ts"))
  };
    const word = (flags, env) => setting({ flags, help: "", env, parse: (text) => text });
    readEnvLocal(${JSON.stringify(file)});
    const program = command("web", "The server.")
      .addOption(word("--port <text>", "PORT"))
      .addOption(word("--host <text>", "HOST"));
    const { port, host } = program.parse([], { from: "user" }).opts();
    console.log([port, host].map(String).join(", "));`;
  try {
    await Deno.writeTextFile(file, local);
    const { stdout, stderr } = await runScript(script, ["--allow-all"], env);
    assert.equal(new TextDecoder().decode(stderr), "");
    return new TextDecoder().decode(stdout).trim();
  } finally {
    await Deno.remove(file);
  }
}

Deno.test("the environment wins over .env.local, and an empty variable is one that is not set", async () => {
  assert.equal(await readSettings("PORT=1\nHOST='a b'\n", { PORT: "2" }), "2, a b");
  assert.equal(await readSettings('PORT=\nHOST=""\n', {}), "undefined, undefined");
  assert.equal(await readSettings("PORT=1\n", { PORT: "", HOST: "" }), "1, undefined");
});

Deno.test("a program that start runs takes its settings from start alone", async () => {
  const child = { [LIFELINE_VARIABLE]: "1", PORT: "2" };
  assert.equal(await readSettings("PORT=1\nHOST=a\n", child), "2, undefined");
});
