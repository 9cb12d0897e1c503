/**
 * A delivery that is killed again and again, against a server that answers in every way: no
 * snapshot that was on the disk is lost, none is stored twice, and none comes as news after a newer
 * one of its ticker. `KILLS=500` kills more often.
 */
import { strict as assert } from "node:assert";
import { z } from "zod";
import { linesOf } from "./programs.ts";
import { problem, problemResponse } from "../../base/problem.ts";
import { confirm, type Posted, startServer } from "./server.ts";

const KILLS = Number(Deno.env.get("KILLS") ?? "40");
const PER_PROGRAM = 40;

const said = z.union([
  z.object({ added: z.number() }),
  z.object({ state: z.object({ depth: z.number(), dropped: z.number(), mode: z.string() }) }),
  z.object({ done: z.boolean() }),
]);

/** The server's part of the model: what it stored, and how it came. */
interface Stored {
  readonly number: number;
  readonly backfill: boolean;
}

/** A small generator of numbers from a seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = state + 0x6d2b79f5 | 0;
    let mixed = Math.imul(state ^ state >>> 15, 1 | state);
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed;
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32;
  };
}

Deno.test("a delivery that is killed at any point loses nothing that was on the disk, and sends nothing twice as news", async () => {
  const folder = await Deno.makeTempDir({ prefix: "lastmark-kills-" });
  const random = seeded(7);
  const stored = new Map<string, Stored>();
  const bodies = new Map<string, string>();
  const refused = new Set<string>();
  const newestNews = new Map<string, number>();
  const problems: string[] = [];
  let isKind = false;

  const store = (posted: Posted): Response => {
    const key = posted.headers.get("idempotency-key") ?? assert.fail();
    const { ticker, spotPrice } = posted.body;
    const number = spotPrice ?? assert.fail();
    const backfill = posted.headers.has("lastmark-backfill");
    // Again, with its key: the server gives the same answer, and stores nothing.
    if (stored.has(key)) return confirm(posted);
    if (!backfill && number < (newestNews.get(ticker) ?? -1)) {
      problems.push(`${key} came as news after ${newestNews.get(ticker)}`);
    }
    if (!backfill) newestNews.set(ticker, number);
    stored.set(key, { number, backfill });
    return confirm(posted);
  };
  await using server = startServer(async (posted) => {
    const key = posted.headers.get("idempotency-key") ?? assert.fail();
    const body = posted.text.replace(/"sentAt":"[^"]*",/, "");
    if ((bodies.get(key) ?? body) !== body) problems.push(`${key} came with another body`);
    bodies.set(key, body);
    // A kill can keep the agent from hearing that; then it asks again.
    if (refused.has(key)) return problemResponse(problem(422, "x", "It is wrong"));
    const chance = isKind ? 1 : random();
    if (chance < 0.05) return new Response("", { status: 500 });
    if (chance < 0.1) {
      const answer = store(posted);
      // Stored, and the answer comes late or never.
      await new Promise((resolve) => setTimeout(resolve, 20));
      return answer;
    }
    if (chance < 0.12 && !stored.has(key)) {
      refused.add(key);
      return problemResponse(problem(422, "x", "It is wrong"));
    }
    return store(posted);
  });
  try {
    const added = new Set<number>();
    for (let kill = 0; kill <= KILLS; kill++) {
      isKind = kill === KILLS;
      await using worker = startWorker([
        `${folder}/spool`,
        server.url.href,
        String(kill * PER_PROGRAM),
        String(isKind ? 0 : PER_PROGRAM),
      ]);
      // After so many lines it is killed, in the midst of what comes next.
      let left = Math.floor(random() * (PER_PROGRAM + 2));
      for await (const line of worker.lines) {
        const one = said.parse(JSON.parse(line));
        if ("added" in one) added.add(one.added);
        if ("state" in one) assert.deepEqual([one.state.dropped, one.state.mode], [0, "disk"]);
        if (isKind || left-- > 0) {
          if ("done" in one && isKind) await settled(added, stored, refused);
          if ("done" in one) break;
          continue;
        }
        break;
      }
      // What it wrote before the kill reached it counts too.
      for (const line of await worker.kill()) {
        const one = said.parse(JSON.parse(line));
        if ("added" in one) added.add(one.added);
      }
    }
    assert.deepEqual(problems, []);
    const lost = [...added].filter((number) =>
      !stored.has(`k-${number}`) && !refused.has(`k-${number}`)
    );
    assert.deepEqual(lost, []);
    const news = [...stored.values()].filter(({ backfill }) => !backfill).length;
    console.log(
      `${KILLS} kills: ${added.size} snapshots on the disk, ${stored.size} stored (${news} as news), ` +
        `${refused.size} refused, ${server.posted.length} posts.`,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Resolves when all that was added is stored or refused. */
async function settled(
  added: ReadonlySet<number>,
  stored: ReadonlyMap<string, Stored>,
  refused: ReadonlySet<string>,
): Promise<void> {
  const endMs = performance.now() + 120_000;
  const isSettled = (number: number): boolean =>
    stored.has(`k-${number}`) || refused.has(`k-${number}`);
  while (![...added].every(isSettled)) {
    if (performance.now() > endMs) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

interface Worker extends AsyncDisposable {
  readonly lines: AsyncIterable<string>;
  /** Kills it; resolves with the lines that it had written and nobody had read. */
  kill(): Promise<readonly string[]>;
}

function startWorker(args: readonly string[]): Worker {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", "agent/test/spool_worker.ts", ...args],
    cwd: new URL("../../", import.meta.url),
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines = linesOf(child.stdout);
  const kill = async (): Promise<readonly string[]> => {
    try {
      child.kill("SIGKILL");
    } catch (error) {
      // It has ended already.
      if (!(error instanceof TypeError)) throw error;
    }
    await child.stdin.close().catch(() => {});
    const rest: string[] = [];
    for (let line = await lines.next(); !line.done; line = await lines.next()) {
      rest.push(line.value);
    }
    await child.status;
    // A kill can cut the last line.
    return rest.filter((line) => line.endsWith("}"));
  };
  return {
    // By hand: leaving a `for await` would end the stream.
    lines: { [Symbol.asyncIterator]: () => ({ next: () => lines.next() }) },
    kill,
    [Symbol.asyncDispose]: async () => void await kill(),
  };
}
