import { strict as assert } from "node:assert";
import { idRange, oneOf, port, url, wholeNumber } from "./command.ts";

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
