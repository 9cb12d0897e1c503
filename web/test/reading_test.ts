import { strict as assert } from "node:assert";
import { chainAnswerSchema } from "../../options/wire/chain.ts";
import { tickerRow } from "../../options/wire/tickers.ts";
import { bodyOf, contractOf, EA, mustPost, withServer } from "./harness.ts";
import { removeDeal } from "../../db/deals.ts";
import type { RunningServer } from "../server.ts";

function fetchChain(server: RunningServer, body: unknown): Promise<Response> {
  return fetch(`${server.url}/api/ma-options/fetch-chain`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

Deno.test("fetch-chain gives what was posted, to the cent, with source, agent and age", async () => {
  await withServer(async ({ server, key }) => {
    const body = bodyOf({ agentId: "deals-1" });
    const posted = await mustPost(server, key, body);
    const response = await fetchChain(server, {
      ticker: "ea",
      dealPrice: 210,
      expectedCloseDate: "2026-12-31",
    });
    assert.equal(response.status, 200);
    const answer = chainAnswerSchema.parse(await response.json());
    assert.equal(answer.source, "agent");
    assert.equal(answer.agentId, "deals-1");
    assert.equal(answer.timestamp, posted["serverReceivedAt"]);
    assert.equal(answer.agentTimestamp, body["agentTimestamp"]);
    assert.equal(answer.ageMinutes, 0);
    assert.equal(answer.dealId, posted["dealId"]);
    assert.equal(answer.spotPrice, 206.41);
    const [row] = answer.contracts;
    assert.deepEqual(
      [
        row?.symbol,
        row?.bid,
        row?.ask,
        row?.mid,
        row?.last,
        row?.volume,
        row?.open_interest,
        row?.implied_vol,
      ],
      ["EA301220C00210000", 1.05, 1.15, 1.1, 1.1, 5, 100, 0.21],
    );
  });
});

Deno.test("fetch-chain keeps a last-known bid and says that there is none now", async () => {
  await withServer(async ({ server, key }) => {
    // Of many contracts one loses its bid: a whole chain without bids would be a blank dump.
    const others = Array.from({ length: 4 }, (_, i) => contractOf({ strike: 300 + i }));
    const first = await mustPost(server, key, bodyOf({ contracts: [contractOf(), ...others] }));
    const gone = contractOf({ bid: null });
    await mustPost(server, key, bodyOf({ contracts: [gone, ...others] }));
    const answer = chainAnswerSchema.parse(await (await fetchChain(server, { ticker: EA })).json());
    const row = answer.contracts.find((row) => row.strike === 210);
    assert.deepEqual([row?.bid, row?.bidSeenAt, row?.bidNow, row?.askNow], [
      1.05,
      first["serverReceivedAt"],
      null,
      1.15,
    ]);
  });
});

Deno.test("fetch-chain keeps SPX and SPXW apart", async () => {
  await withServer(async ({ server, key }) => {
    const contracts = [
      contractOf({ symbol: "SPX", strike: 7500, bid: 10 }),
      contractOf({ symbol: "SPXW", strike: 7500, bid: 11, ask: 12 }),
    ].map((contract) => ({ ...contract, ask: 12 }));
    await mustPost(server, key, bodyOf({ ticker: "SPX", contracts }));
    const answer = chainAnswerSchema.parse(
      await (await fetchChain(server, { ticker: "SPX" })).json(),
    );
    assert.deepEqual(answer.contracts.map((row) => [row.root, row.bid]), [["SPX", 10], [
      "SPXW",
      11,
    ]]);
  });
});

Deno.test("fetch-chain answers 503 with requiresAgent only where nothing was ever known", async () => {
  await withServer(async ({ server, key }) => {
    const nothing = await fetchChain(server, { ticker: "EA" });
    assert.equal(nothing.status, 503);
    const body = await nothing.json();
    assert.equal(
      body.error,
      "No recent price data available. Please run the Price Agent with IB TWS connected.",
    );
    assert.ok(body.requiresAgent === true);
    const old = bodyOf({ agentTimestamp: new Date(Date.now() - 30 * 86_400_000).toISOString() });
    await mustPost(server, key, old, { "lastmark-backfill": "1" });
    const known = await fetchChain(server, { ticker: "EA" });
    assert.equal(known.status, 200);
    const answer = chainAnswerSchema.parse(await known.json());
    assert.equal(answer.source, "last-known");
    assert.equal(answer.freshness, "cached");
    assert.equal(answer.ageMinutes, 30 * 1440);
  });
});

const badAsks: [string, unknown, number][] = [
  ["an unknown ticker", { ticker: "ZZZ" }, 404],
  ["a ticker that is none", { ticker: "$$$" }, 404],
  ["no ticker", {}, 400],
  ["a number as ticker", { ticker: 7 }, 400],
  ["a close that is no day", { ticker: "EA", expectedCloseDate: "soon" }, 400],
];
Deno.test("fetch-chain takes a deal's close as a day or as JavaScript writes a date, or none", async () => {
  await withServer(async ({ server, key }) => {
    await mustPost(server, key, bodyOf());
    for (const expectedCloseDate of ["2026-12-31", "2026-12-31T00:00:00.000Z", null, undefined]) {
      const response = await fetchChain(server, {
        ticker: "EA",
        dealPrice: 210,
        expectedCloseDate,
      });
      assert.equal(response.status, 200, String(expectedCloseDate));
      await response.body?.cancel();
    }
  });
});

Deno.test("fetch-chain refuses what it cannot answer", async (t) => {
  await withServer(async ({ server }) => {
    for (const [what, body, status] of badAsks) {
      await t.step(`${status}: ${what}`, async () => {
        const response = await fetchChain(server, body);
        assert.equal(response.status, status);
        assert.equal((await response.json()).status, status);
      });
    }
  });
});

Deno.test("GET /api/chains/{ticker} asks for an agent where nothing was ever known, and 404 for the unknown", async () => {
  await withServer(async ({ server }) => {
    const nothing = await fetch(`${server.url}/api/chains/EA`);
    assert.equal(nothing.status, 503);
    const { error, requiresAgent } = await nothing.json();
    assert.match(error, /^No recent price data available\. Please run the Price Agent/);
    assert.ok(requiresAgent === true);
    const unknown = await fetch(`${server.url}/api/chains/ZZZ`);
    assert.equal(unknown.status, 404);
    await unknown.body?.cancel();
  });
});

Deno.test("GET /api/chains/{ticker} answers 304 until something changes", async () => {
  await withServer(async ({ server, key }) => {
    const ask = (etag?: string) =>
      fetch(`${server.url}/api/chains/EA`, etag ? { headers: { "if-none-match": etag } } : {});
    const read = async (response: Response) => chainAnswerSchema.parse(await response.json());
    await mustPost(server, key, bodyOf({ contracts: [contractOf(), contractOf({ strike: 220 })] }));
    const before = await ask();
    assert.equal((await read(before)).contracts.length, 2);
    await mustPost(server, key, bodyOf());
    const first = await ask(before.headers.get("etag") ?? "");
    assert.equal((await read(first)).contracts.length, 2);
    // The tag changes with the minute too; one of two questions in a row is in the same minute.
    const again = await ask(first.headers.get("etag") ?? "");
    const third = again.status === 304 ? again : await ask(again.headers.get("etag") ?? "");
    assert.equal(third.status, 304);
    assert.equal(await third.text(), "");
    if (again !== third) await again.body?.cancel();
  });
});

Deno.test("GET /api/tickers lists deals and watched tickers with their state", async () => {
  await withServer(async ({ server, key }) => {
    await mustPost(server, key, bodyOf());
    const { tickers } = await (await fetch(`${server.url}/api/tickers`)).json();
    const rows = tickers.map((row: unknown) => tickerRow.parse(row));
    assert.deepEqual(
      rows.map((row: ReturnType<typeof tickerRow.parse>) => [
        row.ticker,
        row.deal?.cash ?? null,
        row.spotPrice,
        row.contractCount,
        row.freshness,
      ]),
      [["EA", 210, 206.41, 1, "live"], ["SPX", null, null, 0, null]],
    );
  });
});

Deno.test("GET /api/price-agent/tickers tells an agent what to read, and nobody else", async () => {
  await withServer(async ({ server, sql, key }) => {
    const ask = (headers: HeadersInit) =>
      fetch(`${server.url}/api/price-agent/tickers`, { headers });
    const answer = await ask({ authorization: `Bearer ${key}` });
    const { tickers } = await answer.json();
    assert.deepEqual(tickers.map((row: { ticker: string }) => row.ticker), ["EA", "SPX"]);
    assert.ok(tickers[0].dealId);
    assert.equal(tickers[0].expectedCloseDate, "2026-12-31");
    assert.equal(tickers[1].dealId, null);
    for (const [headers, status] of [[{}, 401], [{ authorization: "Bearer x" }, 403]] as const) {
      const refused = await ask(headers);
      assert.equal(refused.status, status);
      await refused.body?.cancel();
    }
    await removeDeal(sql, EA);
    const after = await (await ask({ authorization: `Bearer ${key}` })).json();
    assert.deepEqual(after.tickers.map((row: { ticker: string }) => row.ticker), ["SPX"]);
  });
});

Deno.test("/ping and /health answer, /ma-options leads to the tickers", async () => {
  await withServer(async ({ server }) => {
    const ping = await fetch(`${server.url}/ping`);
    assert.deepEqual(await ping.json(), { status: "ok" });
    const { status, version, database } = await (await fetch(`${server.url}/health`)).json();
    assert.deepEqual([status, database.status], ["ok", "ok"]);
    assert.match(version, /^\d+\.\d+\.\d+$/);
    const moved = await fetch(`${server.url}/ma-options`, { redirect: "manual" });
    assert.deepEqual([moved.status, moved.headers.get("location")], [301, "/"]);
    await moved.body?.cancel();
  });
});

Deno.test("an address in small letters leads to the chain's own, with what it asked to see", async () => {
  await withServer(async ({ server }) => {
    const moved = await fetch(`${server.url}/chains/ea?expiry=all`, { redirect: "manual" });
    assert.deepEqual([moved.status, moved.headers.get("location")], [301, "/chains/EA?expiry=all"]);
    await moved.body?.cancel();
  });
});

Deno.test("a file that no system can have is not found", async () => {
  await withServer(async ({ server }) => {
    for (const path of ["/static/%00", "/_assets/a%00.js", "/static/..%2fdeno.json", "/static/"]) {
      const response = await fetch(server.url + path);
      assert.equal(response.status, 404, path);
      await response.body?.cancel();
    }
  });
});

Deno.test("a server that starts on a filled database gives the chain that another one has", async () => {
  await withServer(async ({ server, key, another }) => {
    for (let i = 1; i <= 3; i++) {
      await mustPost(
        server,
        key,
        bodyOf({ contracts: [contractOf({ bid: i, ask: 5, strike: 200 + i })] }),
      );
    }
    const second = await another();
    const chains = await Promise.all(
      [server, second].map(async (from) =>
        chainAnswerSchema.parse(await (await fetchChain(from, { ticker: EA })).json()).contracts
      ),
    );
    assert.equal(chains[0]?.length, 3);
    assert.deepEqual(chains[0], chains[1]);
  });
});

Deno.test("no server says that nothing was ever known after another one has stored the first chain", async () => {
  await withServer(async ({ server, key, another }) => {
    const second = await another();
    const status = async (): Promise<number> => {
      const response = await fetch(`${second.url}/api/chains/EA`);
      await response.body?.cancel();
      return response.status;
    };
    assert.equal(await status(), 503);
    await mustPost(server, key, bodyOf());
    assert.equal(await status(), 200);
  });
});

Deno.test("the list of tickers says how far a price is from the close of the session before", async () => {
  await withServer(async ({ server, key }) => {
    const daysAgo = new Date(Date.now() - 3 * 86_400_000).toISOString();
    await mustPost(server, key, bodyOf({ agentTimestamp: daysAgo, spotPrice: 200 }), {
      "lastmark-backfill": "1",
    });
    await mustPost(server, key, bodyOf());
    const { tickers } = await (await fetch(`${server.url}/api/tickers`)).json();
    const row = tickerRow.parse(tickers[0]);
    assert.deepEqual([row.spotPrice, row.change, row.changePercent], [206.41, 6.41, 3.21]);
  });
});
