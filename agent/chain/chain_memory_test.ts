import { strict as assert } from "node:assert";
import fc from "fast-check";
import { SecType } from "@stoqey/ib";
import { manualClock } from "../../base/clock.ts";
import { parseOcc, parseTicker } from "../../options/contract.ts";
import { jsonLog } from "../../telemetry/log.ts";
import { type ChainMemory, openChainMemory } from "./chain_memory.ts";
import type { KnownChain } from "./known_chain.ts";

const EA = parseTicker("EA") ?? assert.fail();
const CALL = parseOcc("EA260918C00205000") ?? assert.fail();
const PUT = parseOcc("EA260918P00205000") ?? assert.fail();
/** A Wednesday, 11:00 in New York. */
const NOW_MS = Date.UTC(2026, 6, 15, 15);
const DAY_MS = 86_400_000;

interface Opened {
  readonly memory: ChainMemory;
  readonly warnings: string[];
}

function open(folder: string, nowMs = NOW_MS, gateway = "127.0.0.1:4002", offsetMs = 0): Opened {
  const warnings: string[] = [];
  const log = jsonLog({
    program: "test",
    level: "warn",
    nowMs: () => 0,
    write: (line) => warnings.push(line),
  });
  const clock = manualClock(nowMs, offsetMs);
  return { memory: openChainMemory({ folder, gateway, clock, log }), warnings };
}

function fill(known: KnownChain): void {
  known.underlying = {
    conId: 7,
    secType: SecType.STK,
    contract: {
      conId: 7,
      symbol: "EA",
      secType: SecType.STK,
      exchange: "SMART",
      currency: "USD",
    },
  };
  known.parts = [
    {
      tradingClass: "EA",
      expiry: "20260918",
      listings: [
        { contract: CALL, conId: 11, multiplier: 100 },
        { contract: PUT, conId: 12, multiplier: null },
      ],
    },
    { tradingClass: "EA", expiry: "20261218", listings: null },
  ];
  known.denied.set(PUT.occ, "IB 200: no");
  known.openInterest.set(CALL.occ, 1234);
}

async function withFolder(work: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "lastmark-memory-" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function kept(folder: string): KnownChain {
  const { memory } = open(folder);
  const known = memory.recall(EA);
  fill(known);
  memory.keep(EA);
  return known;
}

function fileIn(folder: string): string {
  return `${folder}/127.0.0.1_584002/EA.json`;
}

Deno.test("what is known of a chain is the same after the agent was started anew", async () => {
  await withFolder((folder) => {
    const known = kept(folder);
    const { memory, warnings } = open(folder);
    assert.deepEqual(memory.recall(EA), known);
    assert.deepEqual(warnings, []);
  });
});

Deno.test("a memory gives the same object all day, and a new one the next", async () => {
  await withFolder((folder) => {
    const known = kept(folder);
    const { memory } = open(folder, NOW_MS + DAY_MS);
    const next = memory.recall(EA);
    assert.equal(next.day, "2026-07-16");
    assert.deepEqual([next.parts, next.denied.size, next.openInterest.size], [undefined, 0, 0]);
    assert.equal(memory.recall(EA), next);
    assert.equal(known.day, "2026-07-15");
  });
});

Deno.test("a memory is of one gateway", async () => {
  await withFolder((folder) => {
    kept(folder);
    const { memory, warnings } = open(folder, NOW_MS, "127.0.0.1:7497");
    assert.equal(memory.recall(EA).parts, undefined);
    assert.deepEqual(warnings, []);
  });
});

Deno.test("in a replay nothing is remembered", async () => {
  await withFolder((folder) => {
    kept(folder);
    const { memory } = open(folder, NOW_MS + 10 * DAY_MS, "127.0.0.1:4002", -10 * DAY_MS);
    assert.equal(memory.recall(EA).parts, undefined);
    fill(memory.recall(EA));
    assert.equal(memory.recall(EA).parts, undefined);
  });
});

Deno.test("a damaged memory is dropped, said, and written anew, wherever it is damaged", async () => {
  await withFolder(async (folder) => {
    kept(folder);
    const good = await Deno.readFile(fileIn(folder));
    fc.assert(
      fc.property(
        // The last line end is no part of what is kept.
        fc.nat({ max: (good.length - 1) * 8 - 1 }),
        fc.boolean(),
        (bit, isCut) => {
          const bad = isCut ? good.slice(0, bit >> 3) : good.slice();
          if (!isCut) bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          Deno.writeFileSync(fileIn(folder), bad);
          const { memory, warnings } = open(folder);
          const known = memory.recall(EA);
          assert.equal(known.parts, undefined);
          assert.equal(warnings.length, 1);
          assert.match(warnings[0] ?? "", /chain\.memory_dropped/);
          fill(known);
          memory.keep(EA);
          assert.deepEqual(Deno.readFileSync(fileIn(folder)), good);
        },
      ),
      { numRuns: 200 },
    );
  });
});

Deno.test("what is on the disk already is not written again", async () => {
  await withFolder((folder) => {
    kept(folder);
    const { memory } = open(folder);
    memory.recall(EA);
    Deno.removeSync(fileIn(folder));
    memory.keep(EA);
    assert.throws(() => Deno.statSync(fileIn(folder)), Deno.errors.NotFound);
    memory.recall(EA).openInterest.set(PUT.occ, 5);
    memory.keep(EA);
    assert.ok(Deno.statSync(fileIn(folder)).isFile);
  });
});

Deno.test("a disk that cannot be written costs the memory and nothing else", async () => {
  await withFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/127.0.0.1_584002`, "in the way");
    const { memory, warnings } = open(folder);
    const known = memory.recall(EA);
    fill(known);
    memory.keep(EA);
    assert.match(warnings.at(-1) ?? "", /chain\.memory_not_kept/);
    assert.equal(memory.recall(EA), known);
  });
});
