import { strict as assert } from "node:assert";
import { createKey } from "../../db/keys.ts";
import { barColumns } from "../../options/wire/bars.ts";
import { bodyOf, EA, mustPost, withServer } from "./harness.ts";

const HOUR_MS = 3_600_000;
const OCC = "EA301220C00210000";

/** Hourly bars of the last day that are over. */
function barsUntil(nowMs: number) {
  const first = Math.floor(nowMs / HOUR_MS) - 24;
  return Array.from({ length: 23 }, (_, at) => ({
    startMs: (first + at) * HOUR_MS,
    open: 1.05,
    high: 1.3,
    low: 0.95,
    close: 1.1 + at / 100,
    volume: 100 + at,
    wap: 1.123456,
    count: 7,
  }));
}

function bodyWith(change: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const nowMs = Date.now();
  return {
    agentId: "deals",
    instrument: OCC,
    what: "TRADES",
    bar: "1h",
    rth: true,
    spans: [{ fromMs: nowMs - 60 * 24 * HOUR_MS, toMs: nowMs }],
    bars: barColumns(barsUntil(nowMs)),
    ...change,
  };
}

async function postBars(url: string, key: string, body: unknown): Promise<Response> {
  return await fetch(`${url}/api/price-agent/bars`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

const bars = (url: string, query: string, instrument = OCC): Promise<Response> =>
  fetch(`${url}/api/contracts/${instrument}/bars?${query}`);

Deno.test("bars that an agent brought are served by every server, with nobody connected", async () => {
  await withServer(async ({ server, key, another }) => {
    await mustPost(server, key, bodyOf());
    const posted = await postBars(server.url, key, bodyWith());
    assert.deepEqual([posted.status, await posted.json()], [200, { success: true, stored: 23 }]);
    const other = await another();
    const response = await bars(other.url, "what=TRADES&bar=1h&duration=10D&rth=1");
    assert.equal(response.status, 200);
    const answer = await response.json();
    assert.deepEqual([answer.instrument, answer.source, answer.bars.length], [OCC, "stored", 23]);
    const [first] = answer.bars;
    const { at, ...values } = first;
    assert.equal(Date.parse(at) % HOUR_MS, 0);
    assert.deepEqual(values, {
      open: 1.05,
      high: 1.3,
      low: 0.95,
      close: 1.1,
      volume: 100,
      wap: 1.123456,
      count: 7,
    });
    // The bar that is not over is the only gap.
    assert.equal(answer.gaps.length, 1);
    assert.ok(Date.parse(answer.gaps[0].from) > Date.now() - 2 * HOUR_MS);
  });
});

Deno.test("bars of an underlying are those of its ticker", async () => {
  await withServer(async ({ server, key }) => {
    await postBars(server.url, key, bodyWith({ instrument: "ea", what: "MIDPOINT" }));
    const answer = await (await bars(server.url, "bar=1h", "EA")).json();
    assert.deepEqual([answer.instrument, answer.what, answer.bars.length], ["EA", "MIDPOINT", 23]);
  });
});

Deno.test("what cannot be read, as no agent is there, is a gap with the reason", async () => {
  await withServer(async ({ server, key }) => {
    const none = await bars(server.url, "", "EA");
    const said = await none.json();
    assert.deepEqual([none.status, said.bars, said.gaps.length], [200, [], 1]);
    assert.equal(said.reason, "No agent is connected.");
    await postBars(server.url, key, bodyWith({ instrument: "EA", what: "MIDPOINT" }));
    const some = await (await bars(server.url, "duration=1Y", "EA")).json();
    assert.deepEqual([some.bars.length, some.reason], [23, "No agent is connected."]);
  });
});

Deno.test("of more bars than an answer has room for the newest are answered", async () => {
  await withServer(async ({ server, key }) => {
    await postBars(server.url, key, bodyWith({ instrument: "EA", what: "MIDPOINT" }));
    const answer = await (await bars(server.url, "bar=30s&duration=9999Y", "EA")).json();
    const days = (Date.parse(answer.to) - Date.parse(answer.from)) / (24 * HOUR_MS);
    assert.ok(days > 10 && days < 60, `${days} days`);
  });
});

Deno.test("what is not followed, or is no parameter, is refused by name", async () => {
  await withServer(async ({ server }) => {
    const status = async (query: string, instrument: string): Promise<number> =>
      (await bars(server.url, query, instrument)).status;
    assert.equal(await status("", "NOPE"), 404);
    assert.equal(await status("", "NOPE301220C00210000"), 404);
    for (
      const query of [
        "what=MID",
        "bar=7m",
        "duration=ten",
        "rth=2",
        "end=now",
      ]
    ) {
      const response = await bars(server.url, query, "EA");
      const { errors } = await response.json();
      assert.equal(response.status, 400, query);
      assert.ok(query.includes(errors[0].path), `${query}: ${errors[0].path}`);
    }
  });
});

Deno.test("bars are taken of who may bring them, whole, and of what is followed", async () => {
  await withServer(async ({ server, key, sql }) => {
    const scoped = await createKey(sql, { agent: "narrow", tickers: [EA] });
    const cases: readonly [string, string, Record<string, unknown>, number][] = [
      ["another agent's name", key, { agentId: "other" }, 403],
      ["a ticker outside of the key", scoped.key, { agentId: "narrow", instrument: "SPX" }, 403],
      ["a ticker that is not followed", key, { instrument: "NOPE" }, 404],
      ["no instrument", key, { instrument: "?" }, 400],
      ["a span that ends before it begins", key, { spans: [{ fromMs: 2, toMs: 1 }] }, 400],
      [
        "columns of two lengths",
        key,
        { bars: { ...barColumns(barsUntil(Date.now())), low: [1] } },
        400,
      ],
      ["bars that go back", key, { bars: barColumns(barsUntil(Date.now()).reverse()) }, 400],
    ];
    for (const [what, withKey, change, expected] of cases) {
      const response = await postBars(server.url, withKey, bodyWith(change));
      assert.equal(response.status, expected, `${what}: ${await response.text()}`);
    }
    const [stored] = await sql`SELECT count(*)::integer AS count FROM bars`;
    assert.equal(stored?.["count"], 0);
  });
});
