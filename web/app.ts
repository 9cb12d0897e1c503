/**
 * The server's app: the route table on Hono, behind the checks that every route has in common, and
 * one way to say what went wrong: problem details to programs, a page to people.
 */
import { type Context, type Handler as HonoHandler, Hono, type MiddlewareHandler } from "hono";
import { methodNotAllowed } from "hono/method-not-allowed";
import { requestId } from "hono/request-id";
import { secureHeaders } from "hono/secure-headers";
import { problem, problemResponse } from "../base/problem.ts";
import { agentKeyOf } from "./auth/agent_key.ts";
import { refusalOf } from "./auth/local.ts";
import { isSameSite } from "./auth/same_site.ts";
import { isEnough } from "./auth/roles.ts";
import type { UserRole } from "../db/users.ts";
import { DATABASE_RETRY_AFTER_S, saysDatabaseAway } from "./database.ts";
import { tooManyRequests } from "./limits/rate.ts";
import type { AgentRoute, Route, UserRoute } from "./route.ts";
import { answerProblem } from "./routes/api/problems.ts";
import type { AppEnv, ErrorPage, Failure, Services, SignIn } from "./services.ts";

/** What the app is built from. */
export interface AppParts {
  readonly services: Services;
  readonly routes: readonly Route[];
  readonly errorPage: ErrorPage;
}

/** The app: `app.fetch(request, {peer})` answers one request. */
export function buildApp(parts: AppParts): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const say = failureSayer(parts);
  app.use(requestId());
  app.use(nameRequest(parts.services));
  app.use(headers);
  app.use(methodNotAllowed({
    app,
    onMethodNotAllowed: async (c, methods) => {
      const allow = methods.join(", ");
      const response = await say(c, {
        status: 405,
        title: "Method not allowed",
        detail: `${c.req.path} answers to ${allow}, not to ${c.req.method}.`,
      });
      response.headers.set("Allow", allow);
      return response;
    },
  }));
  for (const route of parts.routes) {
    const handler = route.role === "agent"
      ? agentsOnly(route, parts.services)
      : usersOnly(route, parts.services, say);
    app.on(route.method, route.path, handler);
  }
  app.notFound((c) =>
    say(c, {
      status: 404,
      title: "Not found",
      detail: `There is nothing at ${c.req.path}.`,
    })
  );
  app.onError((error, c) => {
    const away = saysDatabaseAway(error);
    const event = away ? "web.database_away" : "web.failed";
    parts.services.log.error(event, error.message, {
      requestId: c.get("requestId"),
      method: c.req.method,
      path: c.req.path,
      ...(away ? {} : { stack: error.stack }),
    });
    return say(c, away ? databaseAway : failed);
  });
  return app;
}

const failed: Failure = {
  status: 500,
  title: "Something went wrong",
  detail: "The server failed on this request. The failure is in its log.",
};

const databaseAway: Failure = {
  status: 503,
  title: "Database unavailable",
  detail: "The server cannot reach its database just now. Try again in a few seconds.",
};

/**
 * Nothing inline and nothing from elsewhere: a page's data stand in `application/json` blocks,
 * which are no script to a browser. HSTS is left to whatever ends TLS in front of this server.
 */
const headers: MiddlewareHandler = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'self'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", "data:"],
    connectSrc: ["'self'"],
    objectSrc: ["'none'"],
    baseUri: ["'none'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
  },
  // With no referrer at all, a browser says "null" for the origin of a form, as if it were foreign.
  referrerPolicy: "same-origin",
  xFrameOptions: "DENY",
  strictTransportSecurity: false,
  xXssProtection: false,
  xDownloadOptions: false,
});

/** Hono's own headers are lost where a handler answers with a plain `Response`, or throws. */
function nameRequest({ clock, log }: Services): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const beganMs = clock.monotonicMs();
    await next();
    const requestId = c.get("requestId");
    c.res.headers.set("X-Request-Id", requestId);
    for (const [name, value] of Object.entries(c.get("rateHeaders") ?? {})) {
      c.res.headers.set(name, value);
    }
    // The path and nothing else of what was sent: a header or a query may hold a secret.
    log.debug("web.request", `${c.req.method} ${c.req.path}`, {
      requestId,
      status: c.res.status,
      tookMs: Math.round(clock.monotonicMs() - beganMs),
    });
  };
}

type Say = (c: Context<AppEnv>, failure: Failure) => Promise<Response>;

/** Lets users through: by sign-in, or, where the door is open, those at this machine. */
function usersOnly(route: UserRoute, services: Services, say: Say): HonoHandler<AppEnv> {
  const { door } = services;
  if (route.role === "public") return async (c) => await route.handler(c, services);
  const needed = route.role;
  return async (c) => {
    const refusal = door.kind === "open"
      ? await refusedElsewhere(c, say)
      : await refusedAtDoor(c, door, needed, say);
    return refusal ?? await route.handler(c, services);
  };
}

async function refusedElsewhere(c: Context<AppEnv>, say: Say): Promise<Response | undefined> {
  const detail = refusalOf({ peer: c.env.peer, headers: c.req.raw.headers });
  if (detail === undefined) return undefined;
  return await say(c, { status: 403, title: "Forbidden", detail });
}

async function refusedAtDoor(
  c: Context<AppEnv>,
  { users }: SignIn,
  needed: UserRole,
  say: Say,
): Promise<Response | undefined> {
  const visitor = await users.visitor(c.req.raw.headers);
  if (visitor.kind === "nobody") return await askToSignIn(c, visitor.why, say);
  const { user, by } = visitor;
  const isChange = c.req.method !== "GET" || c.req.header("upgrade") !== undefined;
  if (by === "cookie" && isChange && !isSameSite(c.req.raw.headers)) {
    const detail = "The request was made by a page of another site.";
    return await say(c, { status: 403, title: "Forbidden", detail });
  }
  if (!isEnough(user.role, needed)) {
    return await say(c, {
      status: 403,
      title: "Not for your role",
      detail: `${user.email} is a ${user.role}; this needs a ${needed}. An operator can change ` +
        `it: deno task users role ${user.email} ${needed}`,
    });
  }
  c.set("visitor", visitor);
  return undefined;
}

/** A page leads to the sign-in and back; a call of the API is told what to send. */
async function askToSignIn(c: Context<AppEnv>, why: string, say: Say): Promise<Response> {
  if (isForPrograms(c.req.path)) {
    const answer = await say(c, {
      status: 401,
      title: "Not signed in",
      detail: `${why} Scripts get an access token at POST /api/auth/token.`,
    });
    answer.headers.set("WWW-Authenticate", 'Bearer realm="lastmark"');
    return answer;
  }
  const { pathname, search } = new URL(c.req.url);
  const next = c.req.method === "GET" ? pathname + search : "/";
  return c.redirect(`/sign-in?next=${encodeURIComponent(next)}`, 303);
}

/** Lets through who has an agent's key, as often as a key may call. */
function agentsOnly(route: AgentRoute, services: Services): HonoHandler<AppEnv> {
  const { requests } = services.limits;
  return async (c) => {
    const found = await agentKeyOf(c.req.header("authorization"), services);
    if (!found.ok) return answerProblem(found.problem);
    const { key } = found;
    services.lastUsed.used(key.id);
    const rate = requests?.take(key.id);
    if (!requests || !rate) return await route.handler(c, services, key);
    c.set("rateHeaders", requests.headers(rate));
    if (rate.waitMs !== null) return answerProblem(tooManyRequests(requests, rate.waitMs));
    return await route.handler(c, services, key);
  };
}

function failureSayer(parts: AppParts): Say {
  return async (c, failure) => {
    const answer = isForPrograms(c.req.path)
      ? problemResponse(
        problem(failure.status, slugOf(failure.title), failure.title, {
          detail: failure.detail,
          requestId: c.get("requestId"),
        }),
      )
      : await parts.errorPage(c, parts.services, failure);
    if (failure.status === 503) answer.headers.set("Retry-After", String(DATABASE_RETRY_AFTER_S));
    return answer;
  };
}

/** Paths that programs ask for and that never answer with a page. */
function isForPrograms(path: string): boolean {
  return /^\/(api|options|ping|health|static|_assets)(\/|$)/.test(path);
}

function slugOf(title: string): string {
  return title.toLowerCase().replaceAll(" ", "-");
}
