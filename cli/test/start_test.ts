import { strict as assert } from "node:assert";
import { join } from "node:path";
import { signalProcess } from "../../base/child_pid.ts";
import { connectDatabase } from "../../db/connect.ts";
import { dataFolder } from "../../db/embedded/data_folder.ts";
import { runningPostmaster } from "../../db/embedded/postmaster.ts";
import { runningUrl } from "../../db/embedded/server.ts";
import { isThere, pidOf, run, start, until, withData } from "./lastmark.ts";

const PROGRAMS = ["gateway", "web", "agent"] as const;

/** The newest position of any ticker that the database of a data folder holds. */
async function newestSeq(data: string): Promise<number> {
  const sql = connectDatabase({
    url: await runningUrl(dataFolder(data)) ?? "",
    program: "test",
    max: 1,
  });
  try {
    return Number((await sql`SELECT coalesce(max(seq), 0) AS seq FROM batches`)[0]?.["seq"]);
  } finally {
    await sql.end();
  }
}

async function answers(url: string): Promise<boolean> {
  const response = await fetch(`${url}/api/tickers`);
  await response.body?.cancel();
  return response.ok;
}

Deno.test("start brings up everything, refuses a second start and a busy port, and ends in order on Ctrl-C", async () => {
  await withData(async (data) => {
    await using started = await start(data);
    await until("the agent's first prices are stored", async () => await newestSeq(data) > 0);
    assert.ok(await answers(started.url));
    const gateway = started.lines.find((line) => line.includes("control API")) ?? "";
    const control = /control API (\S+)/.exec(gateway)?.[1] ?? "";
    const symbols = await fetch(`${control}/symbols`);
    assert.ok(symbols.ok);
    await symbols.body?.cancel();

    const second = await run("start", "--data", data, "--port", "0");
    assert.equal(second.code, 1);
    assert.equal(
      second.stderr,
      `another start is running on ${data}: end that one, or name another folder with --data`,
    );

    const { port } = new URL(started.url);
    const busy = await run("start", "--data", `${data}2`, "--port", port);
    assert.equal(busy.code, 1);
    assert.equal(
      busy.stderr,
      `port ${port} is taken by another program: choose another with --port (APP_PORT)`,
    );

    const keys = await run("keys", "list", "--data", data);
    assert.match(keys.stdout, /^ID {2}AGENT.*\n *1 {2}local/);

    const pids = await Promise.all(PROGRAMS.map((program) => pidOf(data, program)));
    // `deno task` passes on the SIGINT that the terminal has sent already.
    assert.equal(await started.end("SIGINT", "SIGINT"), 0);
    for (const pid of pids) assert.ok(!(await isThere(pid)));
    assert.equal(await runningPostmaster(dataFolder(data).database), undefined);
    assert.ok(!started.lines.some((line) => line.includes("error:")), started.lines.join("\n"));
  });
});

Deno.test("start brings back each program that is killed, and after its own end loses nothing", async () => {
  await withData(async (data) => {
    await using started = await start(data);
    await until("the agent's first prices are stored", async () => await newestSeq(data) > 0);
    for (const program of PROGRAMS) {
      const pid = await pidOf(data, program);
      signalProcess(pid, "SIGKILL");
      await until(`${program} runs again`, async () => await pidOf(data, program) !== pid);
      await until("the pages answer", () => answers(started.url));
    }
    const postmaster = await runningPostmaster(dataFolder(data).database);
    assert.ok(postmaster);
    signalProcess(postmaster.pid, "SIGKILL");
    let stored = 0;
    await until("the database runs again", async () => {
      stored = await newestSeq(data);
      return (await runningPostmaster(dataFolder(data).database))?.pid !== postmaster.pid;
    });
    await until("the pages answer", () => answers(started.url));

    const pids = await Promise.all(PROGRAMS.map((program) => pidOf(data, program)));
    await started.end("SIGKILL");
    await until("its programs are gone", async () => {
      return (await Promise.all(pids.map(isThere))).every((there) => !there);
    });
    await using again = await start(data);
    assert.ok(await newestSeq(data) >= stored);
    assert.equal(await again.end("SIGTERM"), 0);
  });
});

Deno.test("start says in one line what a half-removed data folder lacks", async () => {
  await withData(async (data) => {
    await Deno.mkdir(data);
    await Deno.writeTextFile(join(data, "lastmark.json"), "{}");
    const { code, stdout, stderr } = await run("start", "--data", data, "--port", "0");
    assert.equal(code, 1);
    assert.equal(stdout, "");
    assert.match(stderr, /^the data folder \S+ is not whole, database is missing: [^\n]*$/);
  });
});
