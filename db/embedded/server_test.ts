import { strict as assert } from "node:assert";
import { join } from "node:path";
import { linesOf } from "../../base/child_lines.ts";
import { commandLineOf, signalProcess } from "../../base/child_pid.ts";
import { sleep, systemClock } from "../../base/clock.ts";
import { connectDatabase, isDatabaseAway, type Sql } from "../connect.ts";
import { EmbeddedServerError, postgresPrograms } from "./binaries.ts";
import { initCluster } from "./cluster.ts";
import { type DataFolder, dataFolder, lockFolder } from "./data_folder.ts";
import { runningPostmaster } from "./postmaster.ts";
import { whoRunsPostgres } from "./run_as.ts";
import { type EmbeddedServer, runningUrl, startEmbedded } from "./server.ts";

const clock = systemClock();

async function withFolder(test: (folder: DataFolder) => Promise<void>): Promise<void> {
  const outer = await Deno.makeTempDir();
  try {
    const path = join(outer, "data");
    await Deno.mkdir(path, { mode: 0o700 });
    await test(dataFolder(path));
  } finally {
    await Deno.remove(outer, { recursive: true });
  }
}

const begin = (folder: DataFolder, port?: number): Promise<EmbeddedServer> =>
  startEmbedded({ clock, folder, say: () => {}, ...(port !== undefined && { port }) });

async function ask(url: string, question: (sql: Sql) => Promise<void>): Promise<void> {
  const sql = connectDatabase({ url, program: "test", max: 1 });
  try {
    await question(sql);
  } finally {
    await sql.end();
  }
}

async function writeRow(url: string): Promise<void> {
  await ask(url, async (sql) => {
    await sql`CREATE TABLE IF NOT EXISTS t (x integer)`;
    await sql`INSERT INTO t VALUES (1)`;
  });
}

async function assertRows(url: string, count: number): Promise<void> {
  await ask(url, async (sql) => assert.equal((await sql`SELECT FROM t`).length, count));
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline = clock.monotonicMs() + 20_000;
  while (!(await condition())) {
    assert.ok(clock.monotonicMs() < deadline, `waited in vain until ${what}`);
    await sleep(clock, 10);
  }
}

/** The server of a folder, held by a program of its own. */
async function held(folder: DataFolder): Promise<{ child: Deno.ChildProcess; url: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", new URL("./test/hold.ts", import.meta.url).pathname, folder.path],
    stdout: "piped",
  }).spawn();
  const lines = linesOf(child.stdout);
  const { value } = await lines.next();
  await lines.return();
  assert.ok(value, "the program that holds the server said nothing");
  return { child, url: value };
}

Deno.test("startEmbedded() makes a server that keeps its data, its port and its password", async () => {
  await withFolder(async (folder) => {
    const first = await begin(folder);
    await writeRow(first.url);
    assert.equal(await runningUrl(folder), first.url);
    await first.stop();
    await first.ended;
    assert.equal(await runningUrl(folder), undefined);
    await assert.rejects(writeRow(first.url), (error) => isDatabaseAway(error));
    const second = await begin(folder, first.port);
    assert.equal(second.url, first.url);
    await assertRows(second.url, 1);
    await second.stop();
    const mode = async (path: string): Promise<number> =>
      ((await Deno.stat(path)).mode ?? 0) & 0o777;
    assert.equal(await mode(folder.password), 0o600);
    assert.equal(await mode(folder.database), 0o700);
  });
});

Deno.test("startEmbedded() lets nobody in without the password, listens on loopback only, at a free port", async () => {
  await withFolder(async (folder) => {
    const server = await begin(folder);
    const url = new URL(server.url);
    url.password = "guess";
    await assert.rejects(writeRow(url.href), /password authentication failed/);
    await ask(server.url, async (sql) => {
      const [row] = await sql`
        SELECT current_setting('listen_addresses') AS addresses,
          current_setting('unix_socket_directories') AS sockets`;
      assert.deepEqual({ ...row }, { addresses: "127.0.0.1", sockets: "" });
    });
    await server.stop();
    using taken = Deno.listen({ hostname: "127.0.0.1", port: server.port });
    const elsewhere = await begin(folder, taken.addr.port);
    assert.notEqual(elsewhere.port, taken.addr.port);
    await elsewhere.stop();
  });
});

Deno.test("after SIGKILL of the server nothing that was acknowledged is lost, and the port stays", async () => {
  await withFolder(async (folder) => {
    let server = await begin(folder);
    for (let kills = 1; kills <= 3; kills++) {
      await writeRow(server.url);
      const running = await runningPostmaster(folder.database);
      assert.ok(running);
      signalProcess(running.pid, "SIGKILL");
      await server.ended;
      const { url } = server;
      server = await begin(folder, server.port);
      assert.equal(server.url, url);
      await assertRows(server.url, kills);
    }
    await server.stop();
  });
});

Deno.test("the server ends in order when who started it is killed, and the folder is free", async () => {
  await withFolder(async (folder) => {
    const { child, url } = await held(folder);
    await writeRow(url);
    assert.equal(await lockFolder(folder), null);
    child.kill("SIGKILL");
    await child.status;
    await until(
      "the server ends",
      async () => await runningPostmaster(folder.database) === undefined,
    );
    const lock = await lockFolder(folder);
    assert.ok(lock);
    lock.release();
  });
});

Deno.test("startEmbedded() ends a server that was left behind, and takes its port", async () => {
  await withFolder(async (folder) => {
    const { child, url } = await held(folder);
    await writeRow(url);
    const orphan = await runningPostmaster(folder.database);
    assert.ok(orphan);
    for (const pid of await shellsAbout(folder.database)) signalProcess(pid, "SIGKILL");
    child.kill("SIGKILL");
    await child.status;
    assert.equal((await runningPostmaster(folder.database))?.pid, orphan.pid);
    const server = await begin(folder);
    assert.equal(server.url, url);
    assert.notEqual((await runningPostmaster(folder.database))?.pid, orphan.pid);
    await assertRows(server.url, 1);
    await server.stop();
  });
});

/** The shells that guard the server of a folder. */
async function shellsAbout(database: string): Promise<number[]> {
  const ps = await new Deno.Command("ps", { args: ["-axo", "pid="] }).output();
  const pids = new TextDecoder().decode(ps.stdout).split("\n").map(Number).filter((pid) => pid > 0);
  const lines = await Promise.all(
    pids.map(async (pid) => ({ pid, line: await commandLineOf(pid) })),
  );
  return lines.filter(({ line }) => /^(\S*\/)?sh -c/.test(line) && line.includes(database))
    .map(({ pid }) => pid);
}

Deno.test("startEmbedded() names a password file that does not fit the database, and leaves no server behind", async () => {
  await withFolder(async (folder) => {
    await (await begin(folder)).stop();
    await Deno.writeTextFile(folder.password, "another");
    await assert.rejects(begin(folder), (error) => {
      assert.ok(error instanceof EmbeddedServerError);
      assert.ok(error.message.startsWith(`${folder.password} does not hold the password of `));
      return true;
    });
    assert.equal(await runningPostmaster(folder.database), undefined);
  });
});

Deno.test("startEmbedded() says in one line what PostgreSQL found broken", async () => {
  await withFolder(async (folder) => {
    await (await begin(folder)).stop();
    await Deno.truncate(join(folder.database, "global/pg_control"), 10);
    await assert.rejects(begin(folder), (error) => {
      assert.ok(error instanceof EmbeddedServerError);
      assert.match(error.message, /^PostgreSQL did not start on .*pg_control/);
      assert.ok(!error.message.includes("\n"));
      return true;
    });
  });
});

if (Deno.uid() === 0) {
  Deno.test("as root, files that belong to another user are served as that user, behind any home", async () => {
    await withFolder(async (folder) => {
      const { initdb, postgres } = await postgresPrograms();
      await Deno.writeTextFile(folder.password, "secret", { mode: 0o600 });
      const NOBODY = 65_534;
      const runAs = await whoRunsPostgres(postgres, NOBODY);
      assert.equal(runAs.prefix[0], "setpriv");
      await initCluster({ initdb, postgres }, runAs, {
        database: folder.database,
        passwordFile: folder.password,
      });
      const server = await begin(folder);
      await writeRow(server.url);
      await server.stop();
      assert.equal((await Deno.stat(folder.database)).uid, NOBODY);
    });
  });
} else {
  Deno.test("files that belong to another user are refused, and whose they are is said", async () => {
    const { postgres } = await postgresPrograms();
    await assert.rejects(whoRunsPostgres(postgres, 1), /belong to user 1/);
  });
}
