import { strict as assert } from "node:assert";
import fc from "fast-check";
import { encodeFields, escapeText, FieldError, FieldReader, UNSET_DOUBLE } from "./fields.ts";

function reader(...fields: readonly (string | number | boolean)[]): FieldReader {
  return new FieldReader(new TextEncoder().encode(encodeFields(...fields)));
}

Deno.test("encodeFields() ends every field, the last one too", () => {
  const fields = [1, "", true, false, 0.05];
  assert.equal(encodeFields(...fields), "1||1|0|0.05|".replaceAll("|", "\0"));
});

Deno.test("FieldReader reads back what encodeFields() wrote", () => {
  fc.assert(fc.property(
    fc.array(fc.string().filter((text) => !text.includes("\0"))),
    (texts) => {
      const fields = reader(...texts);
      const expected = texts.map((text) =>
        new TextDecoder().decode(new TextEncoder().encode(text))
      );
      assert.deepEqual(texts.map(() => fields.text("any")), expected);
      assert.equal(fields.left, 0);
    },
  ));
});

Deno.test("FieldReader reads IB's unset numbers as none", () => {
  assert.equal(reader(UNSET_DOUBLE).decimal("lmtPrice"), undefined);
  assert.equal(reader("1.7976931348623157e+308").decimal("lmtPrice"), undefined);
  assert.equal(reader(2147483647).integer("minQty"), undefined);
  assert.equal(reader("").decimal("strike"), undefined);
});

Deno.test("FieldReader names the field that is wrong, what was read and what is allowed", () => {
  const wrong: [() => unknown, RegExp][] = [
    [() => reader("abc").integer("conId"), /'conId' was read as 'abc'; expected a whole number/],
    [() => reader("1.5").integer("conId"), /whole number/],
    [() => reader("x").decimal("strike"), /'strike' was read as 'x'; expected a number/],
    [() => reader("2").flag("snapshot"), /'snapshot' was read as '2'; expected 1 or 0/],
    [() => reader().text("symbol"), /'symbol' is missing/],
    [() => reader("").required("reqId"), /'reqId'/],
  ];
  for (const [read, message] of wrong) {
    assert.throws(
      read,
      (error: FieldError) => error instanceof FieldError && message.test(error.message),
    );
  }
});

Deno.test("FieldReader remembers the request's id for an error about a later field", () => {
  const fields = reader(7, "abc");
  assert.equal(fields.requestId, undefined);
  fields.readRequestId();
  assert.throws(() => fields.integer("conId"), FieldError);
  assert.equal(fields.requestId, 7);
});

Deno.test("escapeText() leaves only printable ASCII and no lone backslash", () => {
  assert.equal(escapeText("Nestlé \\ \u{1F600}\n"), "Nestl\\u00e9 \\u005c \\ud83d\\ude00 ");
  const unit = fc.integer({ min: 0, max: 0xffff });
  fc.assert(fc.property(fc.array(unit), (units) => {
    const escaped = escapeText(String.fromCharCode(...units));
    assert.match(escaped, /^(?:[\x20-\x5b\x5d-\x7e]|\\u[0-9a-f]{4})*$/);
  }));
});
