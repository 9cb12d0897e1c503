/** Signing in at an OpenID provider that others wrote: `oidc-provider`, certified by the OpenID Foundation. */
import { strict as assert } from "node:assert";
import { createServer } from "node:http";
import Provider from "oidc-provider";
import type { Sql } from "../../db/connect.ts";
import { withTestDatabase } from "../../db/testing.ts";
import { addUser, listUsers, type UserRole } from "../../db/users.ts";
import type { RunningServer } from "../server.ts";
import { serverOn } from "./harness.ts";

const CLIENT = { clientId: "lastmark", clientSecret: "a-secret-of-this-test" };

interface Given {
  readonly sql: Sql;
  readonly server: RunningServer;
  readonly browser: Browser;
}

/** Who signs in there: the login is the email's name. */
const ACCOUNTS: Readonly<
  Record<string, { readonly email: string; readonly email_verified: boolean }>
> = {
  ann: { email: "ann@x.example", email_verified: true },
  bob: { email: "bob@x.example", email_verified: false },
};

/** A browser as far as it matters: cookies by host, and redirects that a person would be led by. */
class Browser {
  readonly #cookies = new Map<string, Map<string, string>>();

  async go(url: string, form?: Readonly<Record<string, string>>): Promise<Response> {
    const at = new URL(url);
    const jar = this.#cookies.get(at.host) ?? new Map<string, string>();
    this.#cookies.set(at.host, jar);
    const response = await fetch(at, {
      redirect: "manual",
      headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; ") },
      ...(form ? { method: "POST", body: new URLSearchParams(form) } : {}),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = ""] = cookie.split(";");
      jar.set(pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1));
    }
    return response;
  }

  /** Follows redirects until a page comes; that page and where it is. */
  async follow(url: string): Promise<{ readonly at: string; readonly response: Response }> {
    let at = url;
    for (let hops = 0; hops < 20; hops++) {
      const response = await this.go(at);
      const to = response.headers.get("location");
      if (to === null) return { at, response };
      await response.body?.cancel();
      at = new URL(to, at).href;
    }
    throw new Error("too many redirects");
  }

  /** Signs in at the provider as a person would, and comes back; the last page. */
  async signIn(server: RunningServer, login: string): Promise<{ at: string; response: Response }> {
    let { at, response } = await this.follow(`${server.url}/sign-in/oidc?next=/agents`);
    // The provider's own pages for trying out: first who one is, then what one allows.
    for (const form of [{ prompt: "login", login, password: "any" }, { prompt: "consent" }]) {
      await response.body?.cancel();
      const answer = await this.go(at, form);
      await answer.body?.cancel();
      const to = answer.headers.get("location");
      assert.ok(to, `${at} answered ${answer.status}`);
      ({ at, response } = await this.follow(new URL(to, at).href));
    }
    return { at, response };
  }
}

async function withProvider(
  newUsers: UserRole | null,
  test: (given: Given) => Promise<void>,
): Promise<void> {
  await withTestDatabase(async (sql, databaseUrl) => {
    await using stack = new AsyncDisposableStack();
    const http = createServer();
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    stack.defer(() => {
      http.closeAllConnections();
      http.close();
    });
    const address = http.address();
    assert.ok(address && typeof address === "object");
    const issuer = new URL(`http://127.0.0.1:${address.port}`);
    // The server's port is not known before it is started, and the provider asks for the address.
    const door = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = door.addr;
    door.close();
    const publicUrl = new URL(`http://127.0.0.1:${port}`);
    const provider = new Provider(issuer.href.replace(/\/$/, ""), {
      clients: [{
        client_id: CLIENT.clientId,
        client_secret: CLIENT.clientSecret,
        redirect_uris: [`${publicUrl.origin}/sign-in/oidc/callback`],
      }],
      claims: { openid: ["sub"], email: ["email", "email_verified"] },
      pkce: { required: () => true },
      findAccount: (_: unknown, id: string) => ({
        accountId: id,
        claims: () => ({ sub: id, ...ACCOUNTS[id] }),
      }),
    });
    http.on("request", provider.callback());
    const server = await serverOn(databaseUrl, [], {}, {
      kind: "sign_in",
      publicUrl,
      oidc: { issuer, ...CLIENT, newUsers, publicUrl },
    }, port);
    stack.defer(() => server.close());
    await test({ sql, server, browser: new Browser() });
  });
}

Deno.test("who signs in at the provider is the user of that verified email, and stays so when it changes", async () => {
  await withProvider(null, async ({ sql, server, browser }) => {
    await addUser(sql, { email: "ann@x.example", role: "trader" });
    const { at, response } = await browser.signIn(server, "ann");
    assert.equal(at, `${server.url}/agents`);
    assert.equal(response.status, 200);
    assert.match(await response.text(), /ann@x\.example/);
    await sql`UPDATE users SET email = 'ann.now@x.example'`;
    const again = await new Browser().signIn(server, "ann");
    assert.match(await again.response.text(), /ann\.now@x\.example/);
    assert.equal((await listUsers(sql)).length, 1);
  });
});

Deno.test("nobody new comes in unless a role is set for them, and none by an email that is not verified", async () => {
  await withProvider(null, async ({ sql, server, browser }) => {
    const { response } = await browser.signIn(server, "ann");
    assert.equal(response.status, 403);
    assert.match(await response.text(), /ann@x\.example is no user of this server/);
    await addUser(sql, { email: "bob@x.example", role: "operator" });
    const bob = await new Browser().signIn(server, "bob");
    assert.equal(bob.response.status, 403);
    assert.match(await bob.response.text(), /has not verified an email/);
  });
  await withProvider("viewer", async ({ sql, server, browser }) => {
    const { response } = await browser.signIn(server, "ann");
    assert.equal(response.status, 200);
    await response.body?.cancel();
    assert.deepEqual((await listUsers(sql)).map(({ email, role }) => [email, role]), [
      ["ann@x.example", "viewer"],
    ]);
  });
});

Deno.test("an answer that this browser did not ask for signs nobody in", async () => {
  await withProvider("viewer", async ({ sql, server }) => {
    const other = new Browser();
    const asked = await other.follow(`${server.url}/sign-in/oidc`);
    await asked.response.body?.cancel();
    for (const query of ["?code=made-up&state=made-up", "?error=access_denied", ""]) {
      const response = await other.go(`${server.url}/sign-in/oidc/callback${query}`);
      assert.equal(response.status, 403, query);
      await response.body?.cancel();
      const without = await new Browser().go(`${server.url}/sign-in/oidc/callback${query}`);
      assert.equal(without.status, 403, query);
      await without.body?.cancel();
    }
    assert.deepEqual(await listUsers(sql), []);
  });
});
