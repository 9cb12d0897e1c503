/** `/sign-in`, one-time links, and signing out. They work without scripts. */
import { findUser, followLink } from "../../db/users.ts";
import { endUserSession, openUserSession } from "../../db/user_sessions.ts";
import { isPassword, LONGEST_PASSWORD } from "../auth/password.ts";
import { isSameSite } from "../auth/same_site.ts";
import { endedCookie, sessionCookie } from "../auth/session_cookie.ts";
import { htmlResponse, Page } from "../components/Page.tsx";
import { inTime } from "../database.ts";
import type { RequestContext, Services, SignIn } from "../services.ts";
import { errorPage } from "./_error.tsx";
import { backOf } from "./back.ts";

/** `GET /sign-in`. */
export function signInPage(c: RequestContext, { door }: Services): Response {
  if (door.kind === "open") return c.redirect("/", 303);
  const next = backOf(c.req.query("next") ?? null);
  return drawSignIn(c, door, { next, email: "", wrong: null });
}

interface FormState {
  readonly next: string;
  readonly email: string;
  readonly wrong: string | null;
}

function drawSignIn(
  c: RequestContext,
  door: SignIn,
  { next, email, wrong }: FormState,
  status = 200,
): Response {
  return htmlResponse(
    <Page title="Sign in">
      <div class="plain narrow-form">
        <h1>Sign in</h1>
        {wrong === null ? null : <p class="note" role="alert">{wrong}</p>}
        <form method="post" action="/sign-in">
          <input type="hidden" name="next" value={next} />
          <label>
            Email{" "}
            <input
              type="email"
              name="email"
              value={email}
              required
              autocomplete="username"
              maxLength={320}
            />
          </label>
          <label>
            Password{" "}
            <input
              type="password"
              name="password"
              required
              autocomplete="current-password"
              maxLength={LONGEST_PASSWORD}
            />
          </label>
          <button type="submit" class="go">Sign in</button>
        </form>
        {door.oidc
          ? (
            <p>
              <a class="button" href={`/sign-in/oidc?next=${encodeURIComponent(next)}`}>
                {`Sign in at ${door.oidc.settings.issuer.host}`}
              </a>
            </p>
          )
          : null}
        <p class="muted">
          No password yet, or forgotten? An operator makes a link:{" "}
          <code>deno task users link you@example.com</code>
        </p>
      </div>
    </Page>,
    { status, request: c.req.raw },
  );
}

/** `POST /sign-in`. */
export async function postSignIn(c: RequestContext, services: Services): Promise<Response> {
  const { door, clock, database: { quick }, log } = services;
  if (door.kind === "open") return c.redirect("/", 303);
  if (!isSameSite(c.req.raw.headers)) return await foreign(c, services);
  const form = await c.req.formData();
  const next = backOf(form.get("next"));
  const email = String(form.get("email") ?? "").slice(0, 320);
  const waitS = door.rate.take(email, c.env.peer);
  if (waitS !== null) {
    const wrong = `Too many tries. Try again in ${waitS} seconds.`;
    const answer = drawSignIn(c, door, { next, email, wrong }, 429);
    answer.headers.set("Retry-After", String(waitS));
    return answer;
  }
  const password = String(form.get("password") ?? "").slice(0, LONGEST_PASSWORD + 1);
  const user = await inTime(clock, findUser(quick, { email }));
  const isRight = await isPassword(user?.passwordHash ?? null, password);
  if (!user || !isRight || user.isDisabled) {
    log.info("auth.refused", "Sign-in refused", { requestId: c.get("requestId") });
    return drawSignIn(c, door, { next, email, wrong: "Email or password is wrong." }, 401);
  }
  return await beginSession(c, services, door, user.id, next);
}

/** Begins a session and goes where one wanted to. */
export async function beginSession(
  c: RequestContext,
  { clock, database: { quick }, log }: Services,
  door: SignIn,
  userId: string,
  next: string,
): Promise<Response> {
  const browser = c.req.header("user-agent") ?? null;
  const secret = await inTime(clock, openUserSession(quick, userId, browser));
  c.header("Set-Cookie", sessionCookie(secret, door.transport));
  log.info("auth.signed_in", "A user signed in", { userId });
  return c.redirect(next, 303);
}

/** `GET /sign-in/link/:secret`: a button, since programs that look at links in mail must not use it up. */
export async function linkPage(c: RequestContext, services: Services): Promise<Response> {
  const { door, clock, database: { quick } } = services;
  if (door.kind === "open") return c.redirect("/", 303);
  const secret = c.req.param("secret") ?? "";
  const user = await inTime(clock, followLink(quick, secret, "look"));
  if (!user) return await deadLink(c, services);
  const answer = htmlResponse(
    <Page title="Sign in">
      <div class="plain narrow-form">
        <h1>Sign in</h1>
        <p>
          This link signs in <strong>{user.email}</strong>, once.
        </p>
        <form method="post" action={`/sign-in/link/${encodeURIComponent(secret)}`}>
          <button type="submit" class="go">Sign in</button>
        </form>
      </div>
    </Page>,
    { request: c.req.raw },
  );
  // The address is a secret: no page that is gone to is told it.
  answer.headers.set("Referrer-Policy", "same-origin");
  return answer;
}

/** `POST /sign-in/link/:secret`. */
export async function postLink(c: RequestContext, services: Services): Promise<Response> {
  const { door, clock, database: { quick } } = services;
  if (door.kind === "open") return c.redirect("/", 303);
  if (!isSameSite(c.req.raw.headers)) return await foreign(c, services);
  const user = await inTime(clock, followLink(quick, c.req.param("secret") ?? "", "use"));
  if (!user) return await deadLink(c, services);
  return await beginSession(c, services, door, user.id, "/account");
}

/** `POST /sign-out`. */
export async function postSignOut(c: RequestContext, services: Services): Promise<Response> {
  const { door, clock, database: { quick } } = services;
  const visitor = c.get("visitor");
  if (door.kind === "sign_in" && visitor) {
    await inTime(clock, endUserSession(quick, visitor.hash));
    door.users.forget(visitor.hash);
    c.header("Set-Cookie", endedCookie(door.transport));
    // What was shown is not left in the browser.
    c.header("Clear-Site-Data", '"cache", "storage"');
  }
  return c.redirect("/sign-in", 303);
}

async function foreign(c: RequestContext, services: Services): Promise<Response> {
  const detail = "The request was made by a page of another site.";
  return await errorPage(c, services, { status: 403, title: "Forbidden", detail });
}

async function deadLink(c: RequestContext, services: Services): Promise<Response> {
  return await errorPage(c, services, {
    status: 403,
    title: "This link is good no more",
    detail: "It was used, or its time is over. An operator makes another: deno task users link " +
      "you@example.com",
  });
}
