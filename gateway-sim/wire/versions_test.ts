import { strict as assert } from "node:assert";
import { agreeOnVersion, parseHandshake } from "./versions.ts";

Deno.test("agreeOnVersion() gives each client the smaller of its greatest version and the cap", () => {
  const clients: [string, number, number | undefined][] = [
    ["v100..226", 193, 193],
    ["v100..193", 193, 193],
    ["v157..178", 193, 178],
    ["v157..176", 193, 176],
    ["v100..226", 176, 176],
    ["v185", 193, 185],
    ["v201..226", 193, undefined],
    ["v100..157", 193, undefined],
  ];
  for (const [text, cap, expected] of clients) {
    const asked = parseHandshake(text);
    assert.ok(asked, text);
    assert.equal(agreeOnVersion(asked, cap), expected, `${text} under ${cap}`);
  }
});

Deno.test("parseHandshake() reads the connect options and refuses other texts", () => {
  assert.deepEqual(parseHandshake("v100..193 +PACEAPI"), {
    least: 100,
    greatest: 193,
    connectOptions: "+PACEAPI",
  });
  for (const text of ["", "v", "100..193", "v100...193", "v100..", "vx..y"]) {
    assert.equal(parseHandshake(text), undefined, text);
  }
});
