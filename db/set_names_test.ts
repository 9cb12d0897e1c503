import { strict as assert } from "node:assert";
import * as fc from "fast-check";
import type { OccSymbol } from "../options/contract.ts";
import { namesOf, stepsOf } from "./set_names.ts";
import { storedQuotes } from "./test/quotes.ts";

Deno.test("namesOf() gives back the symbols that stepsOf() took, and reads plain lists", () => {
  fc.assert(
    fc.property(storedQuotes, (quotes) => {
      const puts = quotes.map(({ occ }) => occ.replace("C", "P") as OccSymbol);
      const names = [...quotes.map(({ occ }) => occ), ...puts].sort();
      assert.deepEqual(namesOf(stepsOf(names)), names);
      assert.deepEqual(namesOf(names.join(",")), names);
    }),
  );
});

Deno.test("stepsOf() writes strikes as steps under each expiry and right", () => {
  const names = namesOf("EA261218C00190000,EA261218C00195000,EA261218P00190000");
  assert.equal(stepsOf(names), "EA261218C 190000 5000,EA261218P 190000");
});
