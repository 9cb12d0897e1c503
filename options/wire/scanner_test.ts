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
