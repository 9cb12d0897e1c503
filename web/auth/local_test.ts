import { strict as assert } from "node:assert";
import { refusalOf } from "./local.ts";

const let_through: [string, string, Record<string, string>][] = [
  ["this machine by address", "127.0.0.1", { host: "127.0.0.1:8000" }],
  ["this machine by name", "127.0.0.1", { host: "localhost:8000" }],
  ["this machine by a name below localhost", "127.0.0.1", { host: "lastmark.localhost" }],
  ["this machine over IPv6", "::1", { host: "[::1]:8000" }],
  ["this machine over IPv4 mapped into IPv6", "::ffff:127.0.0.1", { host: "localhost" }],
  [
    "a page of this server",
    "127.0.0.1",
    { host: "localhost:8000", origin: "http://localhost:8000" },
  ],
];
for (const [who, peer, headers] of let_through) {
  Deno.test(`refusalOf() lets ${who} through`, () => {
    assert.equal(refusalOf({ peer, headers: new Headers(headers) }), undefined);
  });
}

const refused: [string, string, Record<string, string>, RegExp][] = [
  ["another machine", "192.0.2.7", { host: "localhost" }, /192\.0\.2\.7/],
  ["an address that only begins like loopback", "127.evil.example", { host: "localhost" }, /127\./],
  ["a proxy", "127.0.0.1", { host: "localhost", "x-forwarded-for": "192.0.2.7" }, /proxy/],
  ["a proxy by RFC 7239", "127.0.0.1", { host: "localhost", forwarded: "for=192.0.2.7" }, /proxy/],
  [
    "a foreign name that resolves here",
    "127.0.0.1",
    { host: "evil.example:8000" },
    /evil\.example/,
  ],
  [
    "a name that only begins with localhost",
    "127.0.0.1",
    { host: "localhost.evil.example" },
    /evil/,
  ],
  ["a request without a host", "127.0.0.1", {}, /host ""/],
  [
    "a page of another site",
    "127.0.0.1",
    { host: "localhost:8000", origin: "https://evil.example" },
    /https:\/\/evil/,
  ],
  [
    "a page of another port",
    "127.0.0.1",
    { host: "localhost:8000", origin: "http://localhost:9000" },
    /9000/,
  ],
  ["a page without an origin", "127.0.0.1", { host: "localhost", origin: "null" }, /null/],
];
for (const [who, peer, headers, sentence] of refused) {
  Deno.test(`refusalOf() refuses ${who} and says why`, () => {
    assert.match(refusalOf({ peer, headers: new Headers(headers) }) ?? "", sentence);
  });
}
