import { strict as assert } from "node:assert";
import fc from "fast-check";
import { type FrameOrigin, Identities } from "./identities.ts";

const GATEWAY: FrameOrigin = { from: "gateway", serverVersion: 193 };
const CLIENT: FrameOrigin = { from: "client", serverVersion: 193 };

/** What is left of a message of these fields. */
function removed(identities: Identities, origin: FrameOrigin, ...fields: string[]): string[] {
  const body = new TextEncoder().encode(fields.map((field) => `${field}\0`).join(""));
  const text = new TextDecoder().decode(identities.remove(body, origin));
  return text.slice(0, -1).split("\0");
}

Deno.test("each account gets a code of its own, the same in every message", () => {
  const identities = new Identities();
  const accounts = removed(identities, GATEWAY, "15", "1", "DU7654321,U1234567,F9876543");
  assert.deepEqual(accounts, ["15", "1", "DU0000001,U0000002,F0000003"]);
  const position = removed(identities, GATEWAY, "61", "3", "U1234567", "265598", "AAPL");
  assert.deepEqual(position, ["61", "3", "U0000002", "265598", "AAPL"]);
  const asked = removed(identities, CLIENT, "6", "2", "1", "DU7654321");
  assert.deepEqual(asked, ["6", "2", "1", "DU0000001"]);
});

Deno.test("an account of no known form is learned from its field and replaced in longer texts", () => {
  const identities = new Identities();
  const summary = removed(identities, GATEWAY, "63", "1", "9", "ACCOUNT_ID", "NetLiq", "1", "USD");
  assert.equal(summary[3], "DU00000001");
  const error = removed(
    identities,
    GATEWAY,
    "4",
    "2",
    "7",
    "321",
    "cause - account_id, no such",
    "",
  );
  assert.equal(error[4], "cause - DU00000001, no such");
});

Deno.test("an account is replaced within longer texts, also where it was never learned", () => {
  const identities = new Identities();
  const error = removed(
    identities,
    GATEWAY,
    "4",
    "2",
    "-1",
    "321",
    "Invalid account DUM123456.",
    "",
  );
  assert.equal(error[4], "Invalid account DUM000001.");
  const within = removed(identities, GATEWAY, "4", "2", "-1", "399", "orderDUM123456held", "");
  assert.equal(within[4], "orderDUM000001held");
});

Deno.test("the value of AccountCode, an order's account and family codes are learned", () => {
  const identities = new Identities();
  removed(identities, GATEWAY, "6", "2", "AccountCode", "X12345", "", "X12345");
  removed(identities, GATEWAY, "78", "1", "Y12345", "Y12345A");
  const order = ["3", "1", ...Array(21).fill(""), "Z12345"];
  removed(identities, CLIENT, ...order);
  const text = removed(identities, GATEWAY, "4", "2", "-1", "399", "X12345 Y12345A Z12345", "")[4];
  assert.doesNotMatch(text ?? "", /[XYZ]12345/);
});

Deno.test("user names in error texts and aliases of accounts are replaced", () => {
  const identities = new Identities();
  const first = "Login failed for user 'jdoe77'. Is jdoe77 known?";
  const error = removed(identities, GATEWAY, "4", "2", "-1", "507", first, "")[4];
  assert.equal(error, "Login failed for user 'user01'. Is user01 known?");
  const other = removed(identities, GATEWAY, "4", "2", "-1", "507", "User: trader", "")[4];
  assert.equal(other, "User: user02");
  const plain = "The user is not subscribed, and the login was not used.";
  assert.equal(removed(identities, GATEWAY, "4", "2", "-1", "354", plain, "")[4], plain);
  const xml = "<account>U1234567</account><alias>Jane Doe</alias>";
  const aliases = removed(identities, GATEWAY, "16", "1", "3", xml)[3];
  assert.equal(aliases, "<account>U0000001</account><alias>xxxxxxxx</alias>");
});

Deno.test("what only looks a little like an account stays as it is", () => {
  const fields = ["10", "EA    260717C00202500", "EA260717C00202500", "ESU5", "US0378331005", "U1"];
  assert.deepEqual(removed(new Identities(), GATEWAY, ...fields), fields);
});

Deno.test("in a binary message accounts are replaced wherever they stand", () => {
  const identities = new Identities();
  const body = new Uint8Array([0, 0, 0, 215, 10, 0x30, ...new TextEncoder().encode("DU1234567Z")]);
  const text = new TextDecoder().decode(
    identities.remove(body, { ...GATEWAY, serverVersion: 222 }),
  );
  assert.match(text, /0DU0000001Z$/);
});

Deno.test("no planted account survives, whatever stands around it, and no length changes", () => {
  const account = fc.tuple(
    fc.constantFrom("U", "DU", "DUM", "F", "DF", "I"),
    fc.stringMatching(/^[1-9]\d{5,8}$/),
  ).map((parts) => parts.join(""));
  const text = fc.string({ unit: fc.constantFrom(..."aZ0 .:_-é\u20ac") });
  fc.assert(fc.property(
    account,
    fc.array(fc.tuple(text, text), { maxLength: 5 }),
    (planted, around) => {
      const identities = new Identities();
      removed(identities, GATEWAY, "15", "1", planted);
      const fields = around.map(([before, after]) => before + planted + after);
      const left = removed(identities, GATEWAY, "4", "2", "-1", "399", ...fields);
      assert.ok(left.every((field) => !field.includes(planted)), left.join());
      assert.deepEqual(
        left.slice(4).map((field) => field.length),
        fields.map((field) => field.length),
      );
    },
  ));
});
