import { strict as assert } from "node:assert";
import { Scanner } from "./scanner.ts";

/** Scans an empty list of contracts that is written in so many bytes; gives the memory that took. */
function memoryFor(scanner: Scanner, length: number): number {
  const body = new Uint8Array(length).fill(0x20);
  body[0] = 0x5b;
  body[length - 1] = 0x5d;
  assert.equal(scanner.scan(body, 0, "rows", undefined), length);
  const memory = scanner.bytes.length;
  scanner.close();
  return memory;
}

Deno.test("Scanner keeps its memory for the next body, unless it is very large", () => {
  const scanner = new Scanner();
  const least = memoryFor(scanner, 2);
  const large = memoryFor(scanner, 5_000_000);
  assert.ok(large > least);
  assert.equal(memoryFor(scanner, 2), large);
  assert.ok(memoryFor(scanner, 20_000_000) > 20_000_000);
  assert.equal(memoryFor(scanner, 2), least);
});

Deno.test("Scanner does not go on in what an earlier body left behind", () => {
  const scanner = new Scanner();
  const row = (right: string): string => `{"symbol":"EA261218${right}00210000","bid":1}`;
  const body = new TextEncoder().encode(`[${row("C")},${row("P")}]`);
  assert.equal(scanner.scan(body, 0, "rows", undefined), body.length);
  for (let length = 0; length < body.length; length++) {
    assert.equal(scanner.scan(body.subarray(0, length), 0, "rows", undefined), -1, `${length}`);
    assert.equal(scanner.scan(body, 0, "rows", undefined), body.length);
  }
});
