import { strict as assert } from "node:assert";
import { get } from "node:http";
import { changesAnswer } from "../../options/wire/changes.ts";
import { type ChainAnswer, chainAnswerSchema } from "../../options/wire/chain.ts";
import { conditionsAnswer } from "../../options/wire/conditions.ts";
import { chainRangeAnswer, contractHistoryAnswer } from "../../options/wire/history.ts";
import type { RunningServer } from "../server.ts";
import { keepCheckpoint, loadChain } from "../live/fold.ts";
import { bodyOf, contractOf, EA, mustPost, type TestServer, withServer } from "./harness.ts";

const OCC = "EA301220C00210000";
const iso = (ms: number): string => new Date(ms).toISOString();

async function read(server: RunningServer, path: string): Promise<unknown> {
  const response = await fetch(server.url + path);
  const answer: unknown = await response.json();
  assert.equal(response.status, 200, JSON.stringify(answer));
  return answer;
}

async function status(server: RunningServer, path: string, headers: HeadersInit = {}) {
  const response = await fetch(server.url + path, { headers });
  const text = await response.text();
  return { status: response.status, text, etag: response.headers.get("etag") };
}

const chain = async (server: RunningServer, query = ""): Promise<ChainAnswer> =>
  chainAnswerSchema.strict().parse(await read(server, `/api/chains/EA${query}`));

/** Posts a chain whose bid is given, for each; late ones say how many hours they waited. */
async function postBids(
  { server, key }: TestServer,
  bids: readonly { readonly bid: number | null; readonly hoursLate?: number }[],
): Promise<string[]> {
  const times: string[] = [];
  for (const { bid, hoursLate } of bids) {
    const contracts = [contractOf({ bid }), contractOf({ strike: 220 })];
    const agentTimestamp = iso(Date.now() - (hoursLate ?? 0) * 3_600_000);
    const late = hoursLate === undefined ? {} : { "lastmark-backfill": "1" };
    const posted = await mustPost(server, key, bodyOf({ contracts, agentTimestamp }), late);
    times.push(String(posted["serverReceivedAt"]));
  }
  return times;
}

/** What ages while one looks is not compared. */
function still({ ageMinutes: _, freshness: __, ...rest }: ChainAnswer) {
  return rest;
}

Deno.test("a chain at a moment is what was answered then, late batches and other servers or not", async () => {
  await withServer(async (given) => {
    const { server } = given;
    const answered: { at: string; answer: ChainAnswer }[] = [];
    for (const bid of [1.01, 1.02, null, { hoursLate: 2 }, 1.04, { hoursLate: 1 }, 1.05]) {
      const one = typeof bid === "object" && bid !== null ? { bid: 0.9, ...bid } : { bid };
      const [at = ""] = await postBids(given, [one]);
      answered.push({ at, answer: await chain(server) });
    }
    const byTime = new Map(answered.map((one) => [one.at, one.answer]));
    const cold = await given.another();
    for (const [at, answer] of byTime) {
      for (const from of [server, cold]) {
        assert.deepEqual(still(await chain(from, `?at=${at}`)), still(answer));
      }
    }
  });
});

Deno.test("a chain before anything was known is empty, and one of a moment to come is that of now", async () => {
  await withServer(async (given) => {
    await postBids(given, [{ bid: 1 }]);
    const before = await chain(given.server, "?at=2001-01-01T00:00:00Z");
    assert.deepEqual([before.contracts, before.seq, before.spotPrice], [[], 0, null]);
    const later = await chain(given.server, "?at=2099-01-01T00:00:00Z");
    assert.deepEqual(still(later), still(await chain(given.server)));
  });
});

Deno.test("a range has the chain at each of its steps, and says where to go on", async () => {
  await withServer(async (given) => {
    const { server } = given;
    const [first = "", last = ""] = [
      (await postBids(given, [{ bid: 1 }]))[0],
      (await postBids(given, [{ bid: 2 }, { bid: 0.5, hoursLate: 3 }, { bid: 3 }]))[2],
    ];
    const range = async (query: string) =>
      chainRangeAnswer.parse(await read(server, `/api/chains/EA?${query}`));
    const from = iso(Math.floor(Date.parse(first) / 1_000) * 1_000 - 1_000);
    const answer = await range(`from=${from}&to=${last}&step=1s`);
    assert.equal(answer.next, null);
    assert.ok(answer.chains.length >= 2);
    for (const { at, chain: then } of answer.chains) {
      assert.deepEqual(still(then), still(await chain(server, `?at=${at}`)));
    }
    const long = await range(`from=${iso(Date.parse(last) - 1_000_000)}&to=${last}&step=1s`);
    assert.equal(long.chains.length, 100);
    assert.equal(long.next, iso(Date.parse(last) - 900_000));
    const none = await range(`from=${last}&to=${from}&step=1s`);
    assert.deepEqual([none.chains, none.next], [[], null]);
  });
});

Deno.test("a contract's history goes by asOf, marks late rows and keeps the last of each step", async () => {
  await withServer(async (given) => {
    const { server } = given;
    await postBids(given, [
      { bid: 1 },
      { bid: null },
      { bid: 0.5, hoursLate: 30 },
      { bid: 0.4, hoursLate: 54 },
    ]);
    const history = async (query = "") =>
      contractHistoryAnswer.parse(await read(server, `/api/contracts/${OCC}/history${query}`));
    const whole = await history();
    assert.deepEqual(whole.quotes.map(({ bid, late, seq }) => [bid, late, seq]), [
      [0.4, true, 4],
      [0.5, true, 3],
      [1, false, 1],
      [null, false, 2],
    ]);
    const times = whole.quotes.map(({ asOf }) => asOf);
    assert.deepEqual(times, times.toSorted());
    assert.deepEqual([whole.ticker, whole.strike, whole.right, whole.next], ["EA", 210, "C", null]);
    const monthly = await history("?step=9999d");
    assert.deepEqual(monthly.quotes.map(({ bid }) => bid), [null]);
    const some = await history(`?from=${times[1]}&to=${times[2]}`);
    assert.deepEqual(some.quotes.map(({ bid }) => bid), [0.5]);
    const unknown = await status(server, "/api/contracts/EA301220C00999000/history");
    assert.equal(unknown.status, 404);
  });
});

Deno.test("what changed since a position or a moment is told alike by a server that saw it and one that did not", async () => {
  await withServer(async (given) => {
    const { server, sql, key } = given;
    const [at = ""] = await postBids(given, [{ bid: 1 }]);
    await chain(server);
    await mustPost(server, key, bodyOf({ contracts: [contractOf({ bid: 1.2 })] }));
    // A server that starts with a checkpoint saw nothing of what was before it.
    await keepCheckpoint(sql, EA, (await loadChain(sql, EA)).tracked.chain);
    const cold = await given.another();
    const changes = async (from: RunningServer, since: string | number) =>
      changesAnswer.parse(await read(from, `/api/chains/EA/changes?since=${since}`));
    for (const from of [server, cold]) {
      for (const since of [1, at]) {
        const { contracts, sinceSeq, seq, whole } = await changes(from, since);
        assert.deepEqual(contracts.map(({ symbol, bid }) => [symbol, bid]), [[OCC, 1.2]]);
        assert.deepEqual([sinceSeq, seq, whole], [1, 2, false]);
      }
      assert.deepEqual((await changes(from, 2)).contracts, []);
      for (const since of [0, 99]) {
        const { contracts, whole } = await changes(from, since);
        assert.deepEqual([contracts.length, whole], [2, true]);
      }
    }
  });
});

Deno.test("market conditions are one row a snapshot, by asOf", async () => {
  await withServer(async (given) => {
    await postBids(given, [{ bid: 1 }, { bid: 1.1, hoursLate: 5 }]);
    const answer = conditionsAnswer.parse(await read(given.server, "/api/market-conditions/EA"));
    assert.deepEqual(answer.snapshots.map(({ seq, late, spotPrice }) => [seq, late, spotPrice]), [
      [2, true, 206.41],
      [1, false, 206.41],
    ]);
    const none = await read(given.server, "/api/market-conditions/EA?to=2020-01-01T00:00:00Z");
    assert.deepEqual(conditionsAnswer.parse(none).snapshots, []);
  });
});

Deno.test("history is compressed for who takes that, streamed or not", async () => {
  await withServer(async (given) => {
    const { server: { url } } = given;
    const [at = ""] = await postBids(given, [{ bid: 1 }]);
    for (
      const path of [
        "/api/openapi.json",
        "/api/chains/EA",
        `/api/chains/EA?at=${at}`,
        `/api/chains/EA?from=${at}`,
        "/api/chains/EA/changes?since=0",
        `/api/contracts/${OCC}/history`,
        "/api/market-conditions/EA",
      ]
    ) {
      const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
      // fetch() does not say what it has inflated.
      get(url + path, { headers: { "accept-encoding": "gzip" } }, (response) => {
        response.resume().on("end", () => resolve(response.headers["content-encoding"]));
      }).on("error", reject);
      assert.equal(await promise, "gzip", path);
    }
  });
});

Deno.test("history is answered 304 until something comes in", async () => {
  await withServer(async (given) => {
    const { server } = given;
    const [at = ""] = await postBids(given, [{ bid: 1 }]);
    const to = iso(Date.now() + 60_000);
    const paths = [
      `/api/chains/EA?at=${at}`,
      `/api/chains/EA?from=${at}&to=${at}&step=1s`,
      `/api/contracts/${OCC}/history?to=${to}&from=${at}`,
      `/api/market-conditions/EA?to=${to}&from=${at}`,
      `/api/chains/EA?from=${at}&to=${to}&step=1d`,
    ];
    for (const path of paths) {
      const { etag } = await status(server, path);
      const again = await status(server, path, { "if-none-match": etag ?? "" });
      assert.deepEqual([again.status, again.text], [304, ""], path);
    }
    const tags = await Promise.all(paths.slice(2, 4).map((path) => status(server, path)));
    await postBids(given, [{ bid: 1.3 }]);
    for (const [n, { etag }] of tags.entries()) {
      const path = paths[n + 2] ?? "";
      assert.equal((await status(server, path, { "if-none-match": etag ?? "" })).status, 200, path);
    }
  });
});

Deno.test("bad, unknown and repeated parameters are named, each by its name", async () => {
  await withServer(async (given) => {
    await postBids(given, [{ bid: 1 }]);
    const bad: [string, string[]][] = [
      ["/api/chains/EA?at=yesterday&form=1", ["at", "form"]],
      ["/api/chains/EA?at=2026-07-15T13:15:53", ["at"]],
      ["/api/chains/EA?step=1h&step=2h", ["step"]],
      [`/api/contracts/${OCC}/history?step=5`, ["step"]],
      ["/api/chains/EA/changes", ["since"]],
      ["/api/chains/EA/changes?since=-1", ["since"]],
      ["/api/market-conditions/EA?step=1h", ["step"]],
    ];
    for (const [path, names] of bad) {
      const { status: found, text } = await status(given.server, path);
      assert.equal(found, 400, path);
      const paths = JSON.parse(text).errors.map((error: { path: string }) => error.path);
      assert.deepEqual(paths, names, text);
    }
  });
});
