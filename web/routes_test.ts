import { strict as assert } from "node:assert";
import { buildApp } from "./app.ts";
import { routes } from "./routes.ts";
import { errorPage } from "./routes/_error.tsx";
import { withoutDatabase } from "./test/services.ts";

const USERS = new Set(["viewer", "trader", "operator"]);

const app = buildApp({ services: withoutDatabase(), routes, errorPage });
const ask = (method: string, path: string, headers: HeadersInit, peer: string) =>
  app.fetch(
    new Request(
      `http://localhost${
        path.replace(":ticker", "EA").replace(":occ", "EA301220C00210000").replace("*", "x")
      }`,
      {
        method,
        headers,
      },
    ),
    { peer },
  );

Deno.test("no route stands in the table twice", () => {
  const keys = routes.map((route) => `${route.method} ${route.path}`);
  assert.equal(new Set(keys).size, keys.length);
});

/** What the first version had there for users: how the agents are. */
const OF_USERS = "/api/price-agent/health";

Deno.test("agents' routes, and but one no others, are below /api/price-agent", () => {
  for (const route of routes) {
    if (route.path === OF_USERS) continue;
    assert.equal(route.path.startsWith("/api/price-agent/"), route.role === "agent", route.path);
  }
});

/** What below the API's paths is no call of it: WebSockets. */
const SOCKETS = ["/api/live", "/api/price-agent/session"];

Deno.test("every call of the API describes itself, and nothing else does", () => {
  for (const { path, api } of routes) {
    const isCall = /^\/(api|options|ping|health)(\/|$)/.test(path) && !SOCKETS.includes(path);
    assert.equal(api !== undefined, isCall, path);
  }
});

for (const route of routes) {
  const { method, path, role } = route;
  if (USERS.has(role)) {
    Deno.test(`${method} ${path} is closed to other machines and foreign host names`, async () => {
      const elsewhere = await ask(method, path, { host: "localhost" }, "192.0.2.7");
      assert.equal(elsewhere.status, 403);
      const rebound = await ask(method, path, { host: "evil.example" }, "127.0.0.1");
      assert.equal(rebound.status, 403);
      const here = await ask(method, path, { host: "localhost" }, "127.0.0.1");
      assert.notEqual(here.status, 403);
    });
  } else if (role === "agent") {
    Deno.test(`${method} ${path} is closed without an agent's key, from wherever`, async () => {
      for (const peer of ["127.0.0.1", "192.0.2.7"]) {
        const response = await ask(method, path, { host: "lastmark.example" }, peer);
        assert.equal(response.status, 401);
        assert.match(response.headers.get("www-authenticate") ?? "", /^Bearer/);
      }
    });
  } else {
    Deno.test(`${method} ${path} is open to everyone`, async () => {
      const response = await ask(method, path, { host: "lastmark.example" }, "192.0.2.7");
      assert.ok(![401, 403].includes(response.status), String(response.status));
    });
  }
}
