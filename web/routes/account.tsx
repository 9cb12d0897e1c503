/** `/account`: a user's password and sessions. */
import { setPasswordHash } from "../../db/users.ts";
import { endSessionOf, sessionsOf } from "../../db/user_sessions.ts";
import { findUser } from "../../db/users.ts";
import {
  hashPassword,
  isPassword,
  LEAST_PASSWORD,
  LONGEST_PASSWORD,
  passwordProblem,
} from "../auth/password.ts";
import { dateTimeText } from "../components/format.ts";
import { htmlResponse, Page } from "../components/Page.tsx";
import { inTime } from "../database.ts";
import type { RequestContext, Services } from "../services.ts";
import { errorPage } from "./_error.tsx";

/** `GET /account`. */
export async function accountPage(c: RequestContext, services: Services): Promise<Response> {
  return await draw(c, services, null, 200);
}

async function draw(
  c: RequestContext,
  services: Services,
  told: string | null,
  status: number,
): Promise<Response> {
  const { clock, database: { quick } } = services;
  const visitor = c.get("visitor");
  if (!visitor) return await withoutSignIn(c, services);
  const { user, hash } = visitor;
  const [known, sessions] = await Promise.all([
    inTime(clock, findUser(quick, { id: user.id })),
    inTime(clock, sessionsOf(quick, user.id, hash)),
  ]);
  const hasPassword = known?.passwordHash !== null;
  return htmlResponse(
    <Page title="Account">
      <h1>{user.email}</h1>
      <p class="muted">{`Role: ${user.role}.`}</p>
      {told === null ? null : <p class="note" role="status">{told}</p>}
      <section aria-labelledby="password">
        <h2 id="password">{hasPassword ? "Change the password" : "Set a password"}</h2>
        <form method="post" action="/account/password" class="row">
          <input type="hidden" name="username" autocomplete="username" value={user.email} />
          {hasPassword
            ? (
              <label>
                Password now{" "}
                <input
                  type="password"
                  name="now"
                  required
                  autocomplete="current-password"
                  maxLength={LONGEST_PASSWORD}
                />
              </label>
            )
            : null}
          <label>
            {`New password, at least ${LEAST_PASSWORD} characters `}
            <input
              type="password"
              name="next"
              required
              autocomplete="new-password"
              minLength={LEAST_PASSWORD}
              maxLength={LONGEST_PASSWORD}
            />
          </label>
          <button type="submit" class="go">Keep it</button>
        </form>
        <p class="muted">It ends every other session and all tokens of yours.</p>
      </section>
      <section aria-labelledby="sessions">
        <h2 id="sessions">Sessions</h2>
        <div class="scroll" tabIndex={0}>
          <table class="numbers keys">
            <thead>
              <tr>
                <th scope="col">browser</th>
                <th scope="col">since, New York</th>
                <th scope="col">last used</th>
                <th scope="col">
                  <span class="vh">end it</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {sessions.map((session) => (
                <tr key={session.id}>
                  <th scope="row">{session.browser ?? "unknown"}</th>
                  <td>{dateTimeText(session.createdAtMs)}</td>
                  <td>{dateTimeText(session.seenAtMs)}</td>
                  <td>
                    {session.isThis
                      ? "this one"
                      : (
                        <form method="post" action="/account/sessions/end">
                          <input type="hidden" name="id" value={session.id} />
                          <button type="submit">End</button>
                        </form>
                      )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </section>
      <form method="post" action="/sign-out" class="row">
        <button type="submit">Sign out</button>
      </form>
    </Page>,
    { status, request: c.req.raw, services, user: c.get("visitor")?.user.email },
  );
}

/** `POST /account/password`. */
export async function postPassword(c: RequestContext, services: Services): Promise<Response> {
  const { door, clock, database: { quick } } = services;
  const visitor = c.get("visitor");
  if (!visitor || door.kind === "open") return await withoutSignIn(c, services);
  const { user, hash } = visitor;
  const form = await c.req.formData();
  const next = String(form.get("next") ?? "");
  const known = await inTime(clock, findUser(quick, { id: user.id }));
  const waitS = door.rate.take(user.email, c.env.peer);
  if (waitS !== null) {
    return await draw(c, services, `Too many tries. Try again in ${waitS} seconds.`, 429);
  }
  const before = known?.passwordHash ?? null;
  if (before !== null && !await isPassword(before, String(form.get("now") ?? ""))) {
    return await draw(c, services, "The password now is another one. Nothing was changed.", 403);
  }
  const wrong = passwordProblem(next);
  if (wrong !== undefined) return await draw(c, services, wrong, 400);
  await inTime(clock, setPasswordHash(quick, user.id, await hashPassword(next), hash));
  door.users.forgetAll();
  return await draw(c, services, "The password is kept.", 200);
}

/** `POST /account/sessions/end`. */
export async function postEndSession(c: RequestContext, services: Services): Promise<Response> {
  const { door, clock, database: { quick } } = services;
  const visitor = c.get("visitor");
  if (!visitor || door.kind === "open") return await withoutSignIn(c, services);
  const id = String((await c.req.formData()).get("id") ?? "");
  await inTime(clock, endSessionOf(quick, visitor.user.id, id));
  door.users.forgetAll();
  return c.redirect("/account", 303);
}

async function withoutSignIn(c: RequestContext, services: Services): Promise<Response> {
  return await errorPage(c, services, {
    status: 404,
    title: "There are no accounts here",
    detail: "This server runs without sign-in (--no-auth).",
  });
}
