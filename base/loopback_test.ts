import { strict as assert } from "node:assert";
import { isLoopback } from "./loopback.ts";

Deno.test("isLoopback() knows this machine by each of its names, and no other", () => {
  for (const host of ["localhost", "LOCALHOST", "127.0.0.1", "127.8.9.10", "::1", "[::1]"]) {
    assert.ok(isLoopback(host), host);
  }
  assert.ok(isLoopback("::ffff:127.0.0.1"));
  const others = [
    "",
    "10.0.0.4",
    "0.0.0.0",
    "::",
    "localhost.example.com",
    "127.0.0.1.example.com",
    "1127.0.0.1",
    "::ffff:10.0.0.4",
  ];
  for (const host of others) assert.ok(!isLoopback(host), host);
});
