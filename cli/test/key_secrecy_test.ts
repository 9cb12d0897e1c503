import { strict as assert } from "node:assert";
import { join } from "node:path";
import { signalProcess } from "../../base/child_pid.ts";
import { connectDatabase } from "../../db/connect.ts";
import { dataFolder } from "../../db/embedded/data_folder.ts";
import { runningPostmaster } from "../../db/embedded/postmaster.ts";
import { runningUrl } from "../../db/embedded/server.ts";
import { keyText } from "../../db/keys.ts";
import { pidOf, type Ran, run, runWith, startWith, until, withData } from "./lastmark.ts";

const DEBUG = { LOG_LEVEL: "debug", TICKERS: "CSGS" };

/** Well-formed, and of no database. */
const madeUp = (): string => keyText(crypto.getRandomValues(new Uint8Array(20)));
const MADE_UP = madeUp();
/** One that no server has been asked about before the database is away. */
const NEVER_SEEN = madeUp();

interface Posting {
  readonly url: string;
  readonly key: string;
  readonly body?: Readonly<Record<string, unknown>> | string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Posts to the ingest call; the status, and the answer, in which no key may stand either. */
async function post({ url, key, body = {}, headers }: Posting): Promise<[number, string]> {
  const response = await fetch(`${url}/api/price-agent/ingest-chain`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify({
      ticker: "EA",
      agentId: "probe",
      agentTimestamp: new Date().toISOString(),
      contracts: [{ symbol: "EA", expiry: "2099-12-18", strike: 210, right: "C", bid: 1, ask: 2 }],
      ...body,
    }),
  });
  return [response.status, await response.text()];
}

/** The processes of the database of a data folder. */
async function databaseProcesses(data: string): Promise<number[]> {
  const folder = dataFolder(data);
  const postmaster = await runningPostmaster(folder.database);
  const sql = connectDatabase({ url: await runningUrl(folder) ?? "", program: "test", max: 1 });
  try {
    const rows = await sql`SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()`;
    return [postmaster?.pid ?? 0, ...rows.map((row) => Number(row["pid"]))];
  } finally {
    await sql.end();
  }
}

/** The files below a folder that hold a text, by their path in it. */
async function filesWith(folder: string, text: string): Promise<string[]> {
  const args = ["-rlaF", "--devices=skip", "--", text, folder];
  const { stdout } = await new Deno.Command("grep", { args, stderr: "null" }).output();
  const lines = new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "");
  return lines.map((path) => path.slice(folder.length + 1)).sort();
}

Deno.test("a key is where it must be, and in nothing that any program prints, answers or keeps, whatever goes wrong", async () => {
  await withData(async (data) => {
    const printed: string[] = [];
    const print = (ran: Ran): Ran => {
      printed.push(ran.stdout, ran.stderr);
      return ran;
    };
    await using started = await startWith(DEBUG, data);
    const { url } = started;
    const made = await runWith(DEBUG, "keys", "create", "--agent", "probe", "--data", data);
    const key = made.stdout;
    assert.match(key, /^lm_agent_[0-9a-z]{40}$/, "it is shown once, alone");
    printed.push(made.stderr);

    // Where it must be: the file of the agent that start runs, from which its posts were taken.
    const own = (await Deno.readTextFile(join(data, "agent", "key"))).trim();
    await until("the agent's first prices are stored", async () => {
      const response = await fetch(`${url}/api/chains/CSGS`);
      await response.body?.cancel();
      return response.status === 200;
    });

    const expect = async (status: number, posting: Partial<Posting>): Promise<void> => {
      const [was, text] = await post({ url, key, ...posting });
      assert.equal(was, status, text);
      printed.push(text);
    };
    const once = { "idempotency-key": "one" };
    await expect(200, { headers: once });
    await expect(422, { headers: once, body: { spotPrice: 1 } });
    await expect(400, { body: "{" });
    await expect(400, { body: { contracts: key } });
    await expect(400, { body: { ticker: key } });
    await expect(403, { body: { agentId: "other" } });
    await expect(403, { body: { agentId: key } });
    await expect(403, { key: MADE_UP });
    await expect(403, { key: `${key}x` });
    await expect(404, { body: { ticker: "ZZZZ" } });
    await expect(409, { body: { ticker: "CSGS" } });
    await expect(413, { body: `{"x":"${"x".repeat(17e6)}"}` });
    await expect(415, { headers: { "content-encoding": "br" } });

    // An agent with a key of nobody, and one with a key that was pasted twice.
    const at = started.lines.find((line) => line.includes("control API"));
    const port = /127\.0\.0\.1:(\d+)/.exec(at ?? "")?.[1] ?? assert.fail("no gateway");
    const agent = async (change: Readonly<Record<string, string>>): Promise<number> => {
      const env = {
        ...DEBUG,
        SERVER_URL: url,
        AGENT_ID: "probe",
        AGENT_API_KEY: key,
        IB_PORT: port,
        SPOOL_DIR: join(data, "agent", `spool-${crypto.randomUUID()}`),
        ...change,
      };
      const how = ["--ticker", "CSGS", "--test", "--rate", "0", "--lines", "5000"];
      return print(await runWith(env, "agent", "fetch", ...how)).code;
    };
    const codes = await Promise.all([
      agent({ AGENT_API_KEY: MADE_UP, CLIENT_ID_AGENTS: "390-399" }),
      agent({ AGENT_API_KEY: `${key} ${key}` }),
    ]);
    assert.ok(codes.every((code) => code !== 0), codes.join());

    // The database stands still, and is killed; the server is killed.
    const processes = await databaseProcesses(data);
    for (const pid of processes) signalProcess(pid, "SIGSTOP");
    try {
      await expect(503, {});
      await expect(503, { key: NEVER_SEEN });
    } finally {
      for (const pid of processes) signalProcess(pid, "SIGCONT");
    }
    signalProcess(processes[0] ?? 0, "SIGKILL");
    await until("the database is back", async () => (await post({ url, key }))[0] === 200);
    signalProcess(await pidOf(data, "web"), "SIGKILL");
    await until("the server is back", async () => (await post({ url, key }))[0] === 200);

    print(await run("keys", "list", "--data", data));
    print(await run("keys", "revoke", "2", "--data", data));
    await expect(403, {});
    // A server that cannot start.
    const env = { ...DEBUG, DATABASE_URL: await runningUrl(dataFolder(data)) ?? "" };
    assert.equal(print(await runWith(env, "web", "--port", new URL(url).port)).code, 1);
    assert.equal(await started.end("SIGTERM"), 0);

    const all = [...started.lines, ...printed].join("\n");
    assert.match(
      all,
      /POST \/api\/price-agent\/ingest-chain .*status=503/,
      "debug lines are there",
    );
    assert.match(all, /Invalid API key/);
    for (const [whose, secret] of Object.entries({ key, own, MADE_UP, NEVER_SEEN })) {
      const part = secret.slice("lm_agent_".length, -8);
      const line = all.split("\n").find((line) => line.includes(part));
      assert.equal(line?.replaceAll(part, "…"), undefined, `${whose} was printed`);
    }
    assert.deepEqual(await filesWith(data, own), ["agent/key"]);
    assert.deepEqual(await filesWith(data, key), []);
  });
});
