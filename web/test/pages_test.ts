/** The pages' forms and ways, by HTTP alone: what works where no script runs. */
import { strict as assert } from "node:assert";
import { bodyOf, contractOf, mustPost, type TestServer, withServer } from "./harness.ts";

type Server = TestServer["server"];

const OCC = "EA301220C00210000";

async function page(server: Server, path: string): Promise<{ status: number; text: string }> {
  const response = await fetch(server.url + path);
  return { status: response.status, text: await response.text() };
}

async function submit(
  { url }: Server,
  path: string,
  form: Readonly<Record<string, string>>,
): Promise<Response> {
  return await fetch(url + path, {
    method: "POST",
    redirect: "manual",
    headers: { origin: url },
    body: new URLSearchParams(form),
  });
}

async function goes(server: Server, path: string): Promise<string | null> {
  const response = await fetch(server.url + path, { redirect: "manual" });
  await response.body?.cancel();
  return response.headers.get("location");
}

Deno.test("a form watches a ticker and shows its chain, another stops it, and what is known stays", async () => {
  await withServer(async ({ server, sql }) => {
    const added = await submit(server, "/watches", { ticker: " brk.b " });
    await added.body?.cancel();
    assert.deepEqual([added.status, added.headers.get("location")], [303, "/chains/BRK-B"]);
    assert.equal((await page(server, "/chains/BRK-B")).status, 200);
    const wrong = await submit(server, "/watches", { ticker: "$$$" });
    assert.equal(wrong.status, 400);
    assert.match(await wrong.text(), /names no ticker/);
    const removed = await submit(server, "/watches/remove", { ticker: "BRK-B" });
    await removed.body?.cancel();
    assert.equal(removed.status, 303);
    const [row] = await sql`SELECT count(*)::integer AS count FROM tickers WHERE symbol = 'BRK-B'`;
    assert.equal(row?.["count"], 1);
  });
});

Deno.test("the search goes to a ticker or contract, and lists what it could be", async () => {
  await withServer(async ({ server, key }) => {
    await mustPost(server, key, bodyOf());
    assert.equal(await goes(server, "/find?q=ea"), "/chains/EA");
    assert.equal(await goes(server, `/find?q=${OCC.toLowerCase()}`), `/contracts/${OCC}`);
    assert.equal(await goes(server, "/find?q=EA+210+C+Dec+30"), `/contracts/${OCC}`);
    const none = await page(server, "/find?q=EA+999");
    assert.match(none.text, /No contract of EA is like this/);
    const nobody = await page(server, "/find?q=ZZZZ");
    assert.match(nobody.text, /No ticker that is followed is like this/);
  });
});

Deno.test("a contract's page and its CSV say what was stored, and an unknown one is not found", async () => {
  await withServer(async ({ server, key }) => {
    await mustPost(server, key, bodyOf());
    const { status, text } = await page(server, `/contracts/${OCC}`);
    assert.equal(status, 200);
    assert.match(text, /<h1>EA 20 Dec 30 210 call/);
    const csv = await page(server, `/contracts/${OCC}/history.csv`);
    const [head = "", line = "", ...rest] = csv.text.split("\r\n");
    assert.deepEqual(rest, [""]);
    const history = JSON.parse((await page(server, `/api/contracts/${OCC}/history`)).text);
    const [quote] = history.quotes;
    head.split(",").forEach((column, at) => {
      assert.equal(line.split(",")[at], String(quote[column] ?? ""), column);
    });
    const unknown = await page(server, "/contracts/EA301220C09999000");
    assert.equal(unknown.status, 404);
    assert.match(unknown.text, /is in no chain that is followed/);
  });
});

Deno.test("a chosen column is kept in a cookie that no script reads, and nonsense is left out", async () => {
  await withServer(async ({ server }) => {
    const response = await submit(server, "/columns", { column: "bid", back: "//evil.example" });
    await response.body?.cancel();
    assert.equal(response.headers.get("location"), "/");
    assert.match(
      response.headers.get("set-cookie") ?? "",
      /^lastmark-columns=bid; .*HttpOnly; SameSite=Lax/,
    );
    const none = await submit(server, "/columns", { column: "nonsense", back: "/chains/EA" });
    await none.body?.cancel();
    assert.match(none.headers.get("set-cookie") ?? "", /^lastmark-columns=; Max-Age=0/);
  });
});

Deno.test("a moment is read as New York's time or with a zone, and one that is none is said to be", async () => {
  await withServer(async ({ server, key }) => {
    await mustPost(server, key, bodyOf());
    const now = new Date(Date.now() + 60_000).toISOString();
    assert.match((await page(server, `/chains/EA?at=${now}`)).text, /As it was known on/);
    const wrong = await page(server, "/chains/EA?at=yesterday");
    assert.equal(wrong.status, 404);
    assert.match(wrong.text, /is no moment/);
    const before = await page(server, "/chains/EA?at=2020-01-02T10:00");
    assert.equal(before.status, 404);
    assert.match(before.text, /Its kept history begins/);
  });
});

Deno.test("a key that is made is shown once, rotated and revoked by forms", async () => {
  await withServer(async ({ server }) => {
    const made = await submit(server, "/agents/keys", {
      agent: "desk-1",
      tickers: "EA, SPX",
      days: "30",
    });
    const text = await made.text();
    const [key = ""] = /lm_agent_[0-9a-z]{40}/.exec(text) ?? [];
    assert.ok(key);
    assert.equal(made.headers.get("cache-control"), "no-store");
    assert.ok(!(await page(server, "/agents")).text.includes(key));
    const bad = await submit(server, "/agents/keys", { agent: "no good name" });
    assert.equal(bad.status, 400);
    assert.match(await bad.text(), /1 to 64 letters/);
    const wrong = await submit(server, "/agents/keys", { agent: "desk-1", tickers: "EA $$" });
    assert.match(await wrong.text(), /“\$\$” names no ticker/);
    const rotated = await submit(server, "/agents/keys/change", { id: "2", do: "rotate" });
    assert.match(await rotated.text(), /Key 3 of desk-1/);
    const revoked = await submit(server, "/agents/keys/change", { id: "3", do: "revoke" });
    await revoked.body?.cancel();
    assert.equal(revoked.status, 303);
    const again = await submit(server, "/agents/keys/change", { id: "3", do: "revoke" });
    await again.body?.cancel();
    assert.equal(again.status, 404);
  });
});

Deno.test("the button without a script says why no agent read the chain", async () => {
  await withServer(async ({ server }) => {
    const response = await submit(server, "/chains/EA/fetch", {});
    assert.equal(response.status, 503);
    assert.match(
      await response.text(),
      /EA was not read.*No agent is connected that reads this ticker/s,
    );
  });
});

Deno.test("without a price of the underlying the page of volatility says why it has no smile", async () => {
  await withServer(async ({ server, key }) => {
    await mustPost(server, key, bodyOf({ spotPrice: null }));
    const { status, text } = await page(server, "/chains/EA/volatility");
    assert.equal(status, 200);
    assert.match(text, /Without a price of the underlying there is no telling/);
    assert.doesNotMatch(text, /points? used/);
    await mustPost(server, key, bodyOf());
    assert.match((await page(server, "/chains/EA/volatility")).text, /points? used/);
  });
});

Deno.test("a change is told against the last trade by the close before, whichever page of the day asks", async () => {
  await withServer(async ({ server, key, sql }) => {
    const trade = (last: number) => bodyOf({ contracts: [contractOf({ last })] });
    await mustPost(server, key, trade(2));
    // As if it had come a week ago.
    await sql`
      UPDATE batches
      SET as_of = as_of - interval '7 days', received_at = received_at - interval '7 days'`;
    await mustPost(server, key, trade(2.35));
    const response = await fetch(`${server.url}/chains/EA`, {
      headers: { cookie: "lastmark-columns=change.last.bid.ask" },
    });
    const html = await response.text();
    assert.match(html, /class="call change up[^"]*"[^>]*>\+0\.35</);
    assert.match(html, /class="call last[^"]*"[^>]*>2\.35</);
  });
});
