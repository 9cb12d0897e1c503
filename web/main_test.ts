import { strict as assert } from "node:assert";
import { fileURLToPath } from "node:url";
import { wayTo } from "./test/cuttable.ts";
import { keepOutput } from "../base/testing.ts";
import { withEmptyDatabase, withTestDatabase } from "../db/testing.ts";

/** What the server needs and no more; `start` and the images give it the same. */
const PERMISSIONS = [
  "--no-prompt",
  "--allow-net",
  "--allow-read=web,db/migrations,.env.local",
  "--allow-env=APP_HOST,APP_PORT,AUTH,OIDC_*,PUBLIC_URL,DATABASE_URL,DATABASE_DIRECT_URL,CONFLICT_WINDOW,LOG_LEVEL," +
  "INGEST_MEMORY,LIVE_CONNECTIONS,REQUESTS_PER_KEY,RETENTION_DAYS," +
  "LASTMARK_LIFELINE,PG*,USERNAME,USER,LOGNAME,NODE_ENV,NO_COLOR,FORCE_COLOR,CLICOLOR_FORCE",
];

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a program writes, line by line or whole. */
class Lines {
  readonly #reader: ReadableStreamDefaultReader<string>;
  #text = "";

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.#reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  }

  async first(): Promise<string> {
    while (!this.#text.includes("\n")) {
      if (!await this.#more()) throw new Error(`it ended after: ${this.#text}`);
    }
    return this.#text.slice(0, this.#text.indexOf("\n"));
  }

  async all(): Promise<string> {
    while (await this.#more());
    return this.#text;
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#reader.read();
    this.#text += value ?? "";
    return !done;
  }
}

class Program {
  readonly #child: Deno.ChildProcess;
  readonly #out: Lines;
  readonly #err: Lines;

  constructor(args: readonly string[], env: Readonly<Record<string, string>>) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", ...PERMISSIONS, "web/main.ts", ...args],
      cwd: fileURLToPath(new URL("..", import.meta.url)),
      env: { ...env, NO_COLOR: "1" },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#out = new Lines(this.#child.stdout);
    this.#err = new Lines(this.#child.stderr);
  }

  /** The first line of standard output, read as JSON. */
  async ready(): Promise<Record<string, unknown>> {
    return JSON.parse(await this.#out.first());
  }

  /** The first line of standard error. */
  async firstError(): Promise<string> {
    return await this.#err.first();
  }

  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Closes the lifeline. */
  async closeStdin(): Promise<void> {
    await this.#child.stdin.close();
  }

  async ended(): Promise<Ended> {
    const [stdout, stderr] = await Promise.all([this.#out.all(), this.#err.all()]);
    for (const text of [stdout, stderr]) keepOutput(text);
    const { code } = await this.#child.status;
    await this.#child.stdin.close().catch(() => {}); // closed already where the lifeline was cut
    return { code, stdout, stderr };
  }
}

Deno.test("the server says where it listens, and ends with 0 on SIGTERM", async () => {
  await withTestDatabase(async (_sql, url) => {
    const program = new Program(["--port", "0"], { DATABASE_URL: url });
    const ready = await program.ready();
    assert.equal(ready["event"], "web.listening");
    assert.equal(ready["url"], `http://127.0.0.1:${ready["port"]}`);
    const page = await fetch(String(ready["url"]));
    assert.equal(page.status, 200);
    await page.body?.cancel();
    program.kill("SIGTERM");
    const { code, stderr } = await program.ended();
    assert.deepEqual([code, stderr], [0, ""]);
  });
});

Deno.test("the server ends with 0 when the pipe to its parent closes", async () => {
  await withTestDatabase(async (_sql, url) => {
    const program = new Program([], {
      DATABASE_URL: url,
      APP_PORT: "0",
      LASTMARK_LIFELINE: "1",
    });
    await program.ready();
    await program.closeStdin();
    assert.equal((await program.ended()).code, 0);
  });
});

Deno.test("the server names a busy port in one line and ends with 1", async () => {
  await withTestDatabase(async (_sql, url) => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    const program = new Program(["--port", String(port)], { DATABASE_URL: url });
    const { code, stderr } = await program.ended();
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`^Port ${port} of 127\\.0\\.0\\.1 is in use.*\\n$`));
  });
});

Deno.test("the server names missing migrations and the task that runs them, and ends with 1", async () => {
  await withEmptyDatabase(async (_sql, url) => {
    const program = new Program(["--port", "0"], { DATABASE_URL: url });
    const { code, stderr } = await program.ended();
    assert.equal(code, 1);
    assert.match(stderr, /^The database lacks 0001\w*.*deno task migrate\n$/);
  });
});

Deno.test("the server refuses a database that it may not use with one line", async () => {
  await withTestDatabase(async (_sql, url) => {
    const other = new URL(url);
    other.pathname = "/no_such_database";
    const program = new Program(["--port", "0"], { DATABASE_URL: other.href });
    const { code, stderr } = await program.ended();
    assert.equal(code, 1);
    assert.match(stderr, /^.*no_such_database.*\n$/);
  });
});

const wrong: [string, readonly string[], Record<string, string>, RegExp][] = [
  ["no database", [], {}, /DATABASE_URL.*postgres:/],
  ["a database that is none", [], { DATABASE_URL: "mysql://x/y" }, /DATABASE_URL.*postgres:/],
  [
    "a port that is none",
    ["--port", "99999"],
    { DATABASE_URL: "postgres://127.0.0.1/x" },
    /--port.*99999.*65535/,
  ],
  [
    "a limit that is none",
    [],
    { DATABASE_URL: "postgres://127.0.0.1/x", REQUESTS_PER_KEY: "many" },
    /REQUESTS_PER_KEY.*whole number/,
  ],
];
for (const [what, args, env, line] of wrong) {
  Deno.test(`the server refuses ${what} with 64 and says what is allowed`, async () => {
    const { code, stdout, stderr } = await new Program(args, env).ended();
    assert.equal(code, 64);
    assert.equal(stdout, "");
    assert.match(stderr, line);
  });
}

Deno.test("the server waits for a database that is still starting, says so once, and goes on", async () => {
  await withTestDatabase(async (_sql, url) => {
    const way = wayTo(url);
    way.cut();
    const program = new Program(["--port", "0"], { DATABASE_URL: way.url });
    assert.equal(JSON.parse(await program.firstError()).event, "web.waiting");
    way.mend();
    assert.equal((await program.ready())["event"], "web.listening");
    program.kill("SIGINT");
    const { code, stderr } = await program.ended();
    assert.deepEqual([code, stderr.trim().split("\n").length], [0, 1]);
    await way.close();
  });
});

Deno.test("the server can be ended while it waits for its database", async () => {
  await withTestDatabase(async (_sql, url) => {
    const way = wayTo(url);
    way.cut();
    const program = new Program(["--port", "0"], { DATABASE_URL: way.url });
    await program.firstError();
    program.kill("SIGTERM");
    assert.equal((await program.ended()).code, 0);
    await way.close();
  });
});
