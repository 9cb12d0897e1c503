import { strict as assert } from "node:assert";
import { EXIT_USAGE } from "../../base/command.ts";
import { withEmptyDatabase, withTestDatabase } from "../../db/testing.ts";
import { type Ran, run, withData } from "./lastmark.ts";

/** The lines of a table, one space between its cells. */
const cells = ({ stdout }: Ran): string[] =>
  stdout.split("\n").map((line) => line.trim().replaceAll(/ {2,}/g, " "));

Deno.test("deals and watch add, list and remove, in any case", async () => {
  await withTestDatabase(async (_, url) => {
    const at = ["--database", url];
    const added = await run("deals", "add", "ea", "--cash", "210", "--close", "2026-12-31", ...at);
    assert.deepEqual(cells(added), ["TICKER CASH CLOSE ID VERSION", "EA 210 2026-12-31 1 1"]);
    await run("deals", "add", "EA", "--cash", "212.5", ...at);
    const listed = await run("deals", "list", "--json", ...at);
    assert.deepEqual(JSON.parse(listed.stdout), [
      { id: "1", ticker: "EA", cash: 212.5, close: null, version: 2 },
    ]);
    assert.equal((await run("deals", "remove", "EA", ...at)).code, 0);
    const twice = await run("deals", "remove", "EA", ...at);
    assert.deepEqual([twice.code, twice.stderr], [1, "there is no deal on EA"]);
    assert.match((await run("deals", "list", ...at)).stdout, /^no deals; add one with/);

    assert.equal(
      (await run("watch", "add", "brk-b", "--name", "Berkshire", ...at)).stdout,
      "watching BRK-B",
    );
    assert.match((await run("watch", "list", ...at)).stdout, /\nBRK-B {3}Berkshire {2}\d{4}-/);
    assert.equal((await run("watch", "remove", "BRK-B", ...at)).code, 0);
  });
});

Deno.test("keys create prints the key alone on standard output; revoke ends it", async () => {
  await withTestDatabase(async (_, url) => {
    const at = ["--database", url];
    const created = await run("keys", "create", "--agent", "deals", ...at);
    assert.match(created.stdout, /^lm_agent_[0-9a-z]{40}$/);
    assert.equal(created.stderr, "Key 1 of deals. It is not shown again.");
    assert.equal((await run("keys", "revoke", "1", ...at)).stdout, "revoked 1");
    const twice = await run("keys", "revoke", "1", ...at);
    assert.deepEqual([twice.code, twice.stdout], [1, ""]);
    assert.match(twice.stderr, /^there is no key 1 that is not revoked/);
    const [listed] = JSON.parse((await run("keys", "list", "--json", ...at)).stdout);
    assert.equal(listed.agent, "deals");
    assert.ok(Date.parse(listed.revokedAt) > Date.parse(listed.createdAt), JSON.stringify(listed));
    assert.match(listed.revokedAt, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });
});

Deno.test("keys rotate makes a key that takes over, and list shows what each opens and for how long", async () => {
  await withTestDatabase(async (_, url) => {
    const at = ["--database", url];
    await run("keys", "create", "--agent", "deals", "--ticker", "ea", "--ticker", "BRK.B", ...at);
    const rotated = await run("keys", "rotate", "1", "--overlap", "2h", "--format", "json", ...at);
    const { id, agent, key, expiresAt } = JSON.parse(rotated.stdout);
    assert.deepEqual([id, agent, expiresAt], ["2", "deals", null]);
    assert.match(key, /^lm_agent_[0-9a-z]{40}$/);
    const [old, made] = JSON.parse((await run("keys", "list", "--json", ...at)).stdout);
    assert.deepEqual([old.tickers, made.tickers], [["EA", "BRK-B"], ["EA", "BRK-B"]]);
    const overlapMs = Date.parse(old.expiresAt) - Date.parse(made.createdAt);
    assert.ok(Math.abs(overlapMs - 7_200_000) <= 1, `${overlapMs} ms`);
    assert.match(cells(await run("keys", "list", ...at))[0] ?? "", /TICKERS CREATED LAST USED/);
    await run("keys", "revoke", "2", ...at);
    const late = await run("keys", "rotate", "2", ...at);
    assert.deepEqual([late.code, late.stdout], [1, ""]);
    assert.match(late.stderr, /^there is no key 2 that is valid/);
  });
});

Deno.test("keys create --format k8s-secret prints a Secret with the key, and --expires ends it", async () => {
  await withTestDatabase(async (_, url) => {
    const at = ["--database", url];
    const how = ["--format", "k8s-secret", "--expires", "90d"];
    const made = await run("keys", "create", "--agent", "Deals", ...how, ...at);
    assert.match(
      made.stdout,
      /^apiVersion: v1\nkind: Secret\nmetadata:\n {2}name: "lastmark-agent-deals"\ntype: Opaque\nstringData:\n {2}AGENT_API_KEY: lm_agent_[0-9a-z]{40}$/,
    );
    assert.match(made.stderr, /^Key 1 of Deals, good until \d{4}-.*Z\. It is not shown again\.$/);
    const named = await run("keys", "rotate", "1", "--name", "prices.key", ...how, ...at);
    assert.match(named.stdout, /\n {2}name: "prices\.key"\n/);
    const [first] = JSON.parse((await run("keys", "list", "--json", ...at)).stdout);
    const lifeMs = Date.parse(first.expiresAt) - Date.now();
    assert.ok(lifeMs > 0 && lifeMs <= 86_400_000, "the overlap is shorter than 90 days");
  });
});

Deno.test("a key that is given in the place of an ID is not repeated", async () => {
  const key = `lm_agent_${"0123456789".repeat(4)}`;
  const { code, stderr } = await run("keys", "revoke", key);
  assert.equal(code, EXIT_USAGE);
  assert.match(stderr, /'lm_agent_…'.*a number/);
});

Deno.test("migrate makes the tables, and the other commands say that they are missing", async () => {
  await withEmptyDatabase(async (_, url) => {
    const at = ["--database", url];
    const early = await run("watch", "list", ...at);
    assert.deepEqual([early.code, early.stderr], [
      1,
      "the database has no tables yet: run deno task migrate first",
    ]);
    assert.match((await run("migrate", ...at)).stdout, /^ran 0001_first\n[^]*\ndone$/);
    assert.match((await run("migrate", ...at)).stdout, /^nothing to run/);
    assert.equal((await run("watch", "list", ...at)).code, 0);
  });
});

Deno.test("without any database the commands say where one could be", async () => {
  await withData(async (data) => {
    const { code, stderr } = await run("deals", "list", "--data", data);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^there is no database: DATABASE_URL is not set and \S+ holds no data[^\n]*$/,
    );
    const away = await run("deals", "list", "--database", "postgres://x:y@127.0.0.1:1/z");
    assert.equal(away.code, 1);
    assert.match(away.stderr, /^the database cannot be reached \([^\n]*$/);
  });
});

for (
  const [args, line] of [
    [["deals", "add", "EA", "--cash", "-1"], /price above 0/],
    [["deals", "add", "no such!"], /a ticker such as EA/],
    [["deals", "add", "EA", "--close", "2026-02-30"], /a day such as/],
    [["keys", "create"], /--agent <name>/],
    [["keys", "create", "--agent", "no name"], /letters, digits/],
    [["keys", "create", "--agent", "deals", "--ticker", "no such!"], /a ticker such as EA/],
    [["keys", "create", "--agent", "deals", "--expires", "2020-01-01"], /a day to come/],
    [["keys", "create", "--agent", "deals", "--format", "yaml"], /text, json, k8s-secret/],
    [["keys", "create", "--agent", "deals", "--name", "No_Name"], /small letters/],
    [["keys", "rotate", "1", "--overlap", "1w"], /a span of time/],
    [["keys", "revoke"], /missing required argument 'id'/],
    [["keys", "revoke", "the-first"], /'the-first'.*a number/],
    [["watch", "list", "--database", "http://x"], /starts with postgres:/],
    [["start", "--port", "70000"], /from 0 to 65535/],
  ] as const
) {
  Deno.test(`wrong usage ends with ${EXIT_USAGE}: ${args.join(" ")}`, async () => {
    const [task, ...rest] = args;
    const { code, stderr } = await run(task, ...rest);
    assert.equal(code, EXIT_USAGE);
    assert.match(stderr, line);
  });
}
