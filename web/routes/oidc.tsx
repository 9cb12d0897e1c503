/** `/sign-in/oidc` and its callback: signing in at an OpenID provider. */
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { userOfOidc } from "../../db/users.ts";
import { CALLBACK_PATH, OIDC_COOKIE_S, OidcRefused } from "../auth/oidc.ts";
import { inTime } from "../database.ts";
import type { RequestContext, Services } from "../services.ts";
import { errorPage } from "./_error.tsx";
import { backOf } from "./back.ts";
import { beginSession } from "./sign_in.tsx";

const COOKIE = "lastmark-oidc";

/** Sends the browser to the provider. */
export async function beginOidc(c: RequestContext, services: Services): Promise<Response> {
  const { door, log } = services;
  if (door.kind === "open" || !door.oidc) return await c.notFound();
  const next = backOf(c.req.query("next") ?? null);
  try {
    const { to, cookie } = await door.oidc.begin(next);
    setCookie(c, COOKIE, cookie, {
      path: CALLBACK_PATH,
      httpOnly: true,
      sameSite: "Lax",
      secure: door.transport === "tls",
      maxAge: OIDC_COOKIE_S,
    });
    return c.redirect(to.href, 303);
  } catch (error) {
    log.warn("auth.oidc_away", error instanceof Error ? error.message : String(error));
    return await errorPage(c, services, {
      status: 503,
      title: "The sign-in provider cannot be reached",
      detail: "Try again in a moment, or sign in with a password.",
    });
  }
}

/** Takes the browser back. */
export async function finishOidc(c: RequestContext, services: Services): Promise<Response> {
  const { door, clock, database: { quick }, log } = services;
  if (door.kind === "open" || !door.oidc) return await c.notFound();
  const cookie = getCookie(c, COOKIE) ?? "";
  deleteCookie(c, COOKIE, { path: CALLBACK_PATH });
  try {
    const { subject, email, next } = await door.oidc.finish(new URL(c.req.url).search, cookie);
    const { newUsers } = door.oidc.settings;
    const user = await inTime(clock, userOfOidc(quick, { subject, email, newUsers }));
    if (user) return await beginSession(c, services, door, user.id, next);
    return await errorPage(c, services, {
      status: 403,
      title: "No user here",
      detail: email === null
        ? "The provider has not verified an email of yours."
        : `${email} is no user of this server. An operator adds one: deno task users add ${email}`,
    });
  } catch (error) {
    if (!(error instanceof OidcRefused)) throw error;
    log.info("auth.refused", `Sign-in at the provider refused: ${error.message}`);
    return await errorPage(c, services, {
      status: 403,
      title: "The sign-in was refused",
      detail: "What the provider answered is not what was asked. Try again from the sign-in page.",
    });
  }
}
