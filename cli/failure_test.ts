import { strict as assert } from "node:assert";
import { connectDatabase } from "../db/connect.ts";
import { withTestDatabase } from "../db/testing.ts";
import { failureLine } from "./failure.ts";

async function failureAt(url: string): Promise<string | undefined> {
  const sql = connectDatabase({ url, program: "test", max: 1 });
  try {
    await sql`SELECT 1`;
  } catch (error) {
    return failureLine(error);
  } finally {
    await sql.end();
  }
  return assert.fail("it answered");
}

Deno.test("failureLine() tells in one line that the database refuses, and what was wrong", async () => {
  await withTestDatabase(async (_sql, given) => {
    const url = new URL(given);
    url.password = "wrong";
    assert.match(
      await failureAt(url.href) ?? "",
      /^the database refuses: password authentication failed for user "\w+"; is DATABASE_URL right\?$/,
    );
    const other = new URL(given);
    other.pathname = "/nothing_here";
    assert.match(
      await failureAt(other.href) ?? "",
      /^the database refuses: database "nothing_here" does not exist; /,
    );
  });
});

Deno.test("failureLine() names a file that cannot be used, and leaves a defect its stack", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const error = await Deno.readTextFile(folder).catch((error: unknown) => error);
    const line = failureLine(error) ?? "";
    assert.ok(line.startsWith("cannot go on: ") && line.includes(folder), line);
    assert.ok(!line.includes("\n"));
  } finally {
    await Deno.remove(folder);
  }
  assert.equal(failureLine(new RangeError("x")), undefined);
});
