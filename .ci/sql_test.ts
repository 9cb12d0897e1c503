import { strict as assert } from "node:assert";
import { formattedSql } from "./sql.ts";

Deno.test("formattedSql() changes nothing of what it wrote itself", () => {
  const once = formattedSql(
    "CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY, at timestamptz NOT NULL) PARTITION BY RANGE (at);",
  );
  assert.equal(formattedSql(once), once);
});

Deno.test("formattedSql() writes a crooked statement anew", () => {
  const crooked = "Select   1 ;";
  assert.notEqual(formattedSql(crooked), crooked);
});
