import { strict as assert } from "node:assert";
import { table, timeText } from "./output.ts";

Deno.test("table() puts numbers to the right and a dash for nothing", () => {
  const rows = [{ name: "a", count: 7, note: null }, { name: "longer", count: 12, note: "x" }];
  const text = table(rows, [
    { title: "NAME", value: (row) => row.name },
    { title: "COUNT", value: (row) => row.count },
    { title: "NOTE", value: (row) => row.note },
  ]);
  assert.equal(text, "NAME    COUNT  NOTE\na           7  –\nlonger     12  x");
});

Deno.test("timeText() leaves out milliseconds that are 0", () => {
  assert.equal(timeText(Date.UTC(2026, 0, 2)), "2026-01-02T00:00:00Z");
  assert.equal(timeText(Date.UTC(2026, 0, 2) + 5), "2026-01-02T00:00:00.005Z");
  assert.equal(timeText(null), null);
});
