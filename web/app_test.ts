import { strict as assert } from "node:assert";
import { PROBLEM_MEDIA_TYPE } from "../base/problem.ts";
import { manualClock } from "../base/clock.ts";
import { jsonLog } from "../telemetry/log.ts";
import { buildApp } from "./app.ts";
import { DatabaseAway } from "./database.ts";
import { DEFAULT_LIMITS, limitsOf } from "./limits/limits.ts";
import type { Role, Route } from "./route.ts";
import type { Handler } from "./services.ts";
import { THE_KEY, withoutDatabase } from "./test/services.ts";

function appOf(handler: Handler, path = "/api/thing", role: Role = "viewer", requestsPerKey = 0) {
  const lines: string[] = [];
  const routes: Route[] = [{ method: "GET", path, role, handler }];
  const clock = manualClock();
  const services = withoutDatabase({
    clock,
    log: jsonLog({ program: "web", level: "info", nowMs: () => 0, write: (l) => lines.push(l) }),
    limits: limitsOf(clock, { ...DEFAULT_LIMITS, requestsPerKey }),
  });
  const app = buildApp({
    services,
    routes,
    errorPage: (c, _services, failure) => c.html(`<h1>${failure.title}</h1>`, failure.status),
  });
  const ask = (url: string, init: RequestInit = {}, peer = "127.0.0.1") => {
    const headers = new Headers(init.headers);
    if (!headers.has("host")) headers.set("host", "localhost:8000");
    return app.fetch(new Request(`http://localhost:8000${url}`, { ...init, headers }), { peer });
  };
  return { ask, lines, clock };
}

const answers: Handler = (c) => c.json({ fine: true });

Deno.test("the app answers a user of this machine", async () => {
  const response = await appOf(answers).ask("/api/thing");
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), { fine: true });
});

Deno.test("the app refuses a user of another machine with 403, as a problem and as a page", async () => {
  const api = await appOf(answers).ask("/api/thing", {}, "192.0.2.7");
  assert.equal(api.status, 403);
  assert.equal(api.headers.get("content-type"), PROBLEM_MEDIA_TYPE);
  assert.match((await api.json()).detail, /192\.0\.2\.7.*without sign-in/);
  const page = await appOf(answers, "/thing").ask("/thing", {}, "192.0.2.7");
  assert.equal(page.status, 403);
  assert.match(await page.text(), /<h1>Forbidden/);
});

const withKey = { headers: { authorization: `Bearer ${THE_KEY}` } };

Deno.test("the app leaves public and agents' routes open to other machines", async () => {
  for (const role of ["public", "agent"] as const) {
    const response = await appOf(answers, "/api/thing", role)
      .ask("/api/thing", withKey, "192.0.2.7");
    assert.equal(response.status, 200);
  }
});

Deno.test("the app lets a key call as often as it may, tells it what is left, and then says when to come again", async () => {
  const { ask, clock } = appOf(answers, "/api/thing", "agent", 2);
  for (const left of [1, 0]) {
    const response = await ask("/api/thing", withKey);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("ratelimit-policy"), '"key";q=2;w=60');
    assert.equal(response.headers.get("ratelimit"), `"key";r=${left};t=${60 - 30 * left}`);
  }
  const refused = await ask("/api/thing", withKey);
  assert.equal(refused.status, 429);
  assert.equal(refused.headers.get("content-type"), PROBLEM_MEDIA_TYPE);
  assert.equal(refused.headers.get("retry-after"), "30");
  assert.equal(refused.headers.get("ratelimit"), '"key";r=0;t=60');
  assert.equal((await refused.json()).error, "Too many requests");
  clock.advance(30_000);
  assert.equal((await ask("/api/thing", withKey)).status, 200);
});

Deno.test("the app tells a key what is left on failures too", async () => {
  const fails: Handler = () => {
    throw new DatabaseAway("silent");
  };
  const response = await appOf(fails, "/api/thing", "agent", 2).ask("/api/thing", withKey);
  assert.deepEqual([response.status, response.headers.get("ratelimit")], [503, '"key";r=1;t=30']);
});

Deno.test("the app counts no requests where the limit is switched off, and none with a wrong key", async () => {
  const off = await appOf(answers, "/api/thing", "agent").ask("/api/thing", withKey);
  assert.deepEqual([off.status, off.headers.get("ratelimit")], [200, null]);
  const { ask } = appOf(answers, "/api/thing", "agent", 1);
  for (let i = 0; i < 3; i++) {
    const wrong = await ask("/api/thing", { headers: { authorization: "Bearer wrong" } });
    assert.equal(wrong.status, 403);
  }
});

Deno.test("the app sends its security headers with every answer, errors included", async () => {
  for (const url of ["/api/thing", "/api/nothing", "/nothing"]) {
    const { headers } = await appOf(answers).ask(url);
    const policy = headers.get("content-security-policy") ?? "";
    assert.match(policy, /default-src 'self'/);
    assert.doesNotMatch(policy, /unsafe/);
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.equal(headers.get("x-frame-options"), "DENY");
    assert.ok(headers.get("x-request-id"));
  }
});

Deno.test("the app answers 404 with a problem below /api and with a page elsewhere", async () => {
  const { ask } = appOf(answers);
  const api = await ask("/api/nothing");
  assert.equal(api.status, 404);
  assert.equal((await api.json()).type, "/problems/not-found");
  const page = await ask("/nothing");
  assert.equal(page.status, 404);
  assert.match(await page.text(), /<h1>Not found/);
});

Deno.test("the app answers 405 and names the methods that are allowed", async () => {
  const response = await appOf(answers).ask("/api/thing", { method: "DELETE" });
  assert.equal(response.status, 405);
  assert.match(response.headers.get("allow") ?? "", /GET/);
  assert.match((await response.json()).detail, /DELETE/);
});

Deno.test("the app answers 503 with Retry-After when a handler finds the database away", async () => {
  const away: Handler = () => {
    throw new DatabaseAway("silent");
  };
  const { ask, lines } = appOf(away);
  const response = await ask("/api/thing");
  assert.equal(response.status, 503);
  assert.equal(response.headers.get("retry-after"), "5");
  assert.equal(JSON.parse(lines[0] ?? "").event, "web.database_away");
});

Deno.test("the app answers 500 without the failure's text, and logs it with the request's id", async () => {
  const fails: Handler = () => {
    throw new Error("secret of the inside");
  };
  const { ask, lines } = appOf(fails);
  const response = await ask("/api/thing");
  assert.equal(response.status, 500);
  const body = await response.text();
  assert.doesNotMatch(body, /secret/);
  const line = JSON.parse(lines[0] ?? "");
  assert.equal(line.message, "secret of the inside");
  assert.equal(line.requestId, JSON.parse(body).requestId);
});
