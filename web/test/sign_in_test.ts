/** Signing in, and every route against everyone who may and may not call it. */
import { strict as assert } from "node:assert";
import { SignJWT } from "jose";
import { tokenKeyOf } from "../../db/installation.ts";
import type { Sql } from "../../db/connect.ts";
import { createKey } from "../../db/keys.ts";
import { withTestDatabase } from "../../db/testing.ts";
import { openUserSession } from "../../db/user_sessions.ts";
import {
  addUser,
  followLink,
  makeLink,
  setDisabled,
  setPasswordHash,
  type User,
  USER_ROLES,
  type UserRole,
} from "../../db/users.ts";
import { addWatch } from "../../db/watches.ts";
import { signAccessToken } from "../auth/access_token.ts";
import { hashPassword } from "../auth/password.ts";
import { routes } from "../routes.ts";
import type { RunningServer } from "../server.ts";
import { serverOn, ticker } from "./harness.ts";

interface Given {
  readonly sql: Sql;
  readonly server: RunningServer;
  readonly users: Readonly<Record<UserRole, User>>;
  /** Another server on the same database. */
  another(): Promise<RunningServer>;
}

const PASSWORD = "a password of some length";

async function withSignIn(test: (given: Given) => Promise<void>): Promise<void> {
  await withTestDatabase(async (sql, databaseUrl) => {
    await addWatch(sql, ticker("EA"));
    await using servers = new AsyncDisposableStack();
    const another = async (): Promise<RunningServer> => {
      const server = await serverOn(databaseUrl, [], {}, {
        kind: "sign_in",
        publicUrl: null,
        oidc: null,
      });
      servers.defer(() => server.close());
      return server;
    };
    const made = await Promise.all(
      USER_ROLES.map((role) => addUser(sql, { email: `${role}@x.example`, role })),
    );
    const [viewer, trader, operator] = made;
    assert.ok(viewer && trader && operator);
    await test({ sql, server: await another(), users: { viewer, trader, operator }, another });
  });
}

async function cookieOf(sql: Sql, { id }: User): Promise<string> {
  return `lastmark-session=${await openUserSession(sql, id, "test")}`;
}

function pathOf(path: string): string {
  return path.replace(":ticker", "EA").replace(":occ", "EA301220C00210000").replace(":secret", "x")
    .replace(":name", "chain.png").replace("*", "");
}

/** Calls a route as a browser on this site does. */
async function call(
  { url }: RunningServer,
  { method, path }: { readonly method: string; readonly path: string },
  headers: Readonly<Record<string, string>>,
): Promise<Response> {
  const response = await fetch(url + pathOf(path), {
    method,
    redirect: "manual",
    headers: { origin: url, ...headers },
    ...(method === "POST"
      ? { body: new URLSearchParams({ agent: "a", ticker: "EA", id: "99", do: "revoke" }) }
      : {}),
  });
  await response.body?.cancel();
  return response;
}

/** What became of a call: let in, sent to the sign-in, or refused. */
function outcomeOf(response: Response): "in" | "sign in" | "forbidden" {
  const to = response.headers.get("location") ?? "";
  if (response.status === 401 || to.startsWith("/sign-in?next=")) return "sign in";
  return response.status === 403 ? "forbidden" : "in";
}

Deno.test("every user's route lets in who has its role or more, and asks all others to sign in or refuses them", async () => {
  await withSignIn(async ({ sql, server, users }) => {
    const key = await tokenKeyOf(sql);
    const agentKey = (await createKey(sql, { agent: "deals" })).key;
    const now = Math.floor(Date.now() / 1_000);
    const expiredToken = await new SignJWT().setProtectedHeader({ alg: "HS256" })
      .setSubject(users.operator.id).setAudience("lastmark").setExpirationTime(now - 5).sign(key);
    const ended = async (change: string): Promise<string> => {
      const cookie = await cookieOf(sql, users.operator);
      await sql.unsafe(
        `UPDATE user_sessions SET ${change} WHERE id = (SELECT max(id) FROM user_sessions)`,
      );
      return cookie;
    };
    const out = await addUser(sql, { email: "out@x.example", role: "operator" });
    assert.ok(out);
    const disabled = await cookieOf(sql, out);
    await setDisabled(sql, out.email, "disabled");
    const strangers: Readonly<Record<string, Readonly<Record<string, string>>>> = {
      nobody: {},
      "a made-up cookie": { cookie: "lastmark-session=AAAA" },
      "an expired session": { cookie: await ended("expires_at = now() - interval '1 second'") },
      "an idle session": { cookie: await ended("seen_at = now() - interval '8 days'") },
      "a revoked session": { cookie: await ended("revoked_at = now()") },
      "a disabled user": { cookie: disabled },
      "an agent's key": { authorization: `Bearer ${agentKey}` },
      "an expired token": { authorization: `Bearer ${expiredToken}` },
      "a disabled user's token": { authorization: `Bearer ${await signAccessToken(key, out.id)}` },
    };
    let walked = 0;
    for (const route of routes) {
      if (route.role === "public" || route.role === "agent") continue;
      const at = `${route.method} ${route.path}`;
      for (const [who, headers] of Object.entries(strangers)) {
        const response = await call(server, route, headers);
        assert.equal(outcomeOf(response), "sign in", `${at} by ${who}: ${response.status}`);
        walked++;
      }
      for (const role of USER_ROLES) {
        const isEnough: boolean = USER_ROLES.indexOf(role) >= USER_ROLES.indexOf(route.role);
        const cookie = await cookieOf(sql, users[role]);
        const byCookie = outcomeOf(await call(server, route, { cookie }));
        assert.equal(byCookie, isEnough ? "in" : "forbidden", `${at} by a ${role}`);
        const authorization = `Bearer ${await signAccessToken(key, users[role].id)}`;
        const byToken = outcomeOf(await call(server, route, { authorization }));
        assert.equal(byToken, isEnough ? "in" : "forbidden", `${at} by a ${role}'s token`);
        if (route.method === "POST") {
          const foreign = {
            cookie: await cookieOf(sql, users[role]),
            origin: "https://evil.example",
          };
          assert.equal(
            outcomeOf(await call(server, route, foreign)),
            "forbidden",
            `${at} from afar`,
          );
        }
        walked++;
      }
    }
    assert.ok(walked > 200, `${walked} calls`);
  });
});

Deno.test("no user, however they sign in, opens an agent's route", async () => {
  await withSignIn(async ({ sql, server, users }) => {
    const token = await signAccessToken(await tokenKeyOf(sql), users.operator.id);
    for (const route of routes.filter(({ role }) => role === "agent")) {
      for (
        const headers of [
          { cookie: await cookieOf(sql, users.operator) },
          { authorization: `Bearer ${token}` },
        ]
      ) {
        const { status } = await call(server, route, headers);
        assert.ok([401, 403].includes(status), `${route.method} ${route.path}: ${status}`);
      }
    }
  });
});

async function setPassword(sql: Sql, user: User): Promise<void> {
  await setPasswordHash(sql, user.id, await hashPassword(PASSWORD), new Uint8Array(32));
}

async function signIn(
  { url }: RunningServer,
  form: Readonly<Record<string, string>>,
): Promise<Response> {
  return await fetch(`${url}/sign-in`, {
    method: "POST",
    redirect: "manual",
    headers: { origin: url },
    body: new URLSearchParams(form),
  });
}

Deno.test("a password signs in with a cookie that no script reads, and leads back where one came from", async () => {
  await withSignIn(async ({ sql, server, users }) => {
    await setPassword(sql, users.trader);
    const asked = await fetch(`${server.url}/chains/EA?expiry=all`, { redirect: "manual" });
    await asked.body?.cancel();
    assert.equal(asked.headers.get("location"), "/sign-in?next=%2Fchains%2FEA%3Fexpiry%3Dall");
    const response = await signIn(server, {
      email: " Trader@X.example",
      password: PASSWORD,
      next: "/chains/EA?expiry=all",
    });
    await response.body?.cancel();
    assert.deepEqual([response.status, response.headers.get("location")], [
      303,
      "/chains/EA?expiry=all",
    ]);
    const cookie = response.headers.get("set-cookie") ?? "";
    assert.match(
      cookie,
      /^lastmark-session=[\w-]{43}; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Lax$/,
    );
    const page = await fetch(server.url, { headers: { cookie: cookie.split(";")[0] ?? "" } });
    assert.match(await page.text(), /trader@x\.example/);
  });
});

Deno.test("a wrong password, an unknown email and a disabled user are answered alike", async () => {
  await withSignIn(async ({ sql, server, users }) => {
    await setPassword(sql, users.trader);
    await setPassword(sql, users.viewer);
    await setDisabled(sql, users.viewer.email, "disabled");
    const answers = await Promise.all([
      signIn(server, { email: users.trader.email, password: "another one" }),
      signIn(server, { email: "nobody@x.example", password: PASSWORD }),
      signIn(server, { email: users.viewer.email, password: PASSWORD }),
      signIn(server, { email: users.operator.email, password: "" }),
    ]);
    for (const answer of answers) {
      assert.equal(answer.status, 401);
      assert.match(await answer.text(), /Email or password is wrong\./);
      assert.equal(answer.headers.get("set-cookie"), null);
    }
  });
});

Deno.test("after ten tries an account waits, and the answer says how long", async () => {
  await withSignIn(async ({ server, users }) => {
    const form = { email: users.trader.email, password: "wrong" };
    for (let tries = 0; tries < 10; tries++) {
      const answer = await signIn(server, form);
      await answer.body?.cancel();
      assert.equal(answer.status, 401);
    }
    const answer = await signIn(server, form);
    assert.equal(answer.status, 429);
    assert.ok(Number(answer.headers.get("retry-after")) > 0);
    assert.match(await answer.text(), /Too many tries/);
  });
});

Deno.test("next leads nowhere but to this site, and another site's page signs nobody in", async () => {
  await withSignIn(async ({ sql, server, users }) => {
    await setPassword(sql, users.trader);
    for (
      const next of [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
      ]
    ) {
      const answer = await signIn(server, { email: users.trader.email, password: PASSWORD, next });
      await answer.body?.cancel();
      assert.equal(
        new URL(answer.headers.get("location") ?? "", server.url).origin,
        server.url,
        next,
      );
    }
    const foreign = await fetch(`${server.url}/sign-in`, {
      method: "POST",
      redirect: "manual",
      headers: { origin: "https://evil.example" },
      body: new URLSearchParams({ email: users.trader.email, password: PASSWORD }),
    });
    await foreign.body?.cancel();
    assert.deepEqual([foreign.status, foreign.headers.get("set-cookie")], [403, null]);
  });
});

Deno.test("a link signs in once, by its button and not by being looked at", async () => {
  await withSignIn(async ({ sql, server, users }) => {
    const url = `${server.url}/sign-in/link/${await makeLink(sql, users.operator.id, 60_000)}`;
    for (let looks = 0; looks < 2; looks++) {
      const page = await fetch(url);
      assert.equal(page.status, 200);
      assert.match(await page.text(), /operator@x\.example/);
    }
    const press = (): Promise<Response> =>
      fetch(url, { method: "POST", redirect: "manual", headers: { origin: server.url } });
    const answers = await Promise.all([press(), press()]);
    for (const answer of answers) await answer.body?.cancel();
    assert.deepEqual(answers.map(({ status }) => status).sort(), [303, 403]);
    const over = await makeLink(sql, users.operator.id, -1);
    assert.equal(await followLink(sql, over, "use"), undefined);
  });
});

Deno.test("signing out ends the session on this server at once, and on others within seconds", async () => {
  await withSignIn(async ({ sql, server, users, another }) => {
    const other = await another();
    const cookie = await cookieOf(sql, users.viewer);
    const status = async ({ url }: RunningServer): Promise<number> => {
      const response = await fetch(`${url}/api/tickers`, { headers: { cookie } });
      await response.body?.cancel();
      return response.status;
    };
    assert.deepEqual([await status(server), await status(other)], [200, 200]);
    const out = await fetch(`${server.url}/sign-out`, {
      method: "POST",
      redirect: "manual",
      headers: { cookie, origin: server.url },
    });
    await out.body?.cancel();
    assert.equal(out.status, 303);
    assert.equal(await status(server), 401);
    const endMs = performance.now() + 10_000;
    while (await status(other) !== 401) assert.ok(performance.now() < endMs, "it is in still");
  });
});

Deno.test("a live line is closed within seconds after its session has ended, and opens for no other site", async () => {
  await withSignIn(async ({ sql, server, users }) => {
    const cookie = await cookieOf(sql, users.viewer);
    const live = `${server.url.replace("http", "ws")}/api/live`;
    const foreign = withHeaders(live, { cookie, origin: "https://evil.example" });
    const refused = Promise.withResolvers<void>();
    foreign.onerror = () => refused.resolve();
    foreign.onopen = () => refused.reject(new Error("another site's page opened it"));
    await refused.promise;
    const socket = withHeaders(live, { cookie, origin: server.url });
    await new Promise((resolve) => socket.onopen = resolve);
    const closed = new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
    await setDisabled(sql, users.viewer.email, "disabled");
    assert.equal((await closed).code, 4401);
  });
});

Deno.test("a new password ends the other sessions, and needs the one of now", async () => {
  await withSignIn(async ({ sql, server, users }) => {
    const cookie = await cookieOf(sql, users.trader);
    const other = await cookieOf(sql, users.trader);
    const change = async (form: Readonly<Record<string, string>>): Promise<number> => {
      const response = await fetch(`${server.url}/account/password`, {
        method: "POST",
        headers: { cookie, origin: server.url },
        body: new URLSearchParams(form),
      });
      await response.body?.cancel();
      return response.status;
    };
    assert.equal(await change({ next: "short" }), 400);
    assert.equal(await change({ next: PASSWORD }), 200);
    assert.equal(await change({ next: "another password", now: "wrong" }), 403);
    const seen = await fetch(`${server.url}/api/tickers`, { headers: { cookie: other } });
    await seen.body?.cancel();
    assert.equal(seen.status, 401);
  });
});

/** A line with headers of its own, as Deno opens it and browsers do not. */
function withHeaders(url: string, headers: Readonly<Record<string, string>>): WebSocket {
  // The types are those of browsers, which take no headers.
  const Line = WebSocket as unknown as new (url: string, options: object) => WebSocket;
  return new Line(url, { headers });
}

Deno.test("no user ends another's session, however its ID is come by, and each sees their own alone", async () => {
  await withSignIn(async ({ sql, server, users }) => {
    const trader = await cookieOf(sql, users.trader);
    const [other] = await sql`SELECT id::text FROM user_sessions`;
    const operator = await cookieOf(sql, users.operator);
    const end = async (cookie: string): Promise<void> => {
      const response = await fetch(`${server.url}/account/sessions/end`, {
        method: "POST",
        redirect: "manual",
        headers: { cookie, origin: server.url },
        body: new URLSearchParams({ id: String(other?.["id"]) }),
      });
      await response.body?.cancel();
    };
    const status = async (cookie: string): Promise<number> => {
      const response = await fetch(`${server.url}/api/tickers`, { headers: { cookie } });
      await response.body?.cancel();
      return response.status;
    };
    await end(operator);
    assert.equal(await status(trader), 200);
    const account = await (await fetch(`${server.url}/account`, { headers: { cookie: operator } }))
      .text();
    assert.doesNotMatch(account, /trader@x\.example/);
    assert.equal(account.match(/this one/g)?.length, 1);
    assert.doesNotMatch(account, /sessions\/end/);
    await end(trader);
    assert.equal(await status(trader), 401);
  });
});

interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

Deno.test("a script gets tokens by a password, new ones by the refresh token, and a stolen one ends them all", async () => {
  await withSignIn(async ({ sql, server, users }) => {
    await setPassword(sql, users.viewer);
    const ask = (body: object): Promise<Response> =>
      fetch(`${server.url}/api/auth/token`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    const first: Tokens = await (await ask({ email: users.viewer.email, password: PASSWORD }))
      .json();
    const tickers = await fetch(`${server.url}/api/tickers`, {
      headers: { authorization: `Bearer ${first.accessToken}` },
    });
    await tickers.body?.cancel();
    assert.equal(tickers.status, 200);
    const second: Tokens = await (await ask({ refreshToken: first.refreshToken })).json();
    const again = await ask({ refreshToken: first.refreshToken });
    assert.deepEqual([again.status, (await again.json()).title], [401, "Not signed in"]);
    const after = await ask({ refreshToken: second.refreshToken });
    await after.body?.cancel();
    assert.equal(after.status, 401, "the one that came after the stolen one is good still");
    const wrong = await ask({ email: users.viewer.email, password: "wrong" });
    await wrong.body?.cancel();
    assert.equal(wrong.status, 401);
    const bad = await ask({ email: 1 });
    await bad.body?.cancel();
    assert.equal(bad.status, 400);
  });
});
