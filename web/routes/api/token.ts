/** `POST /api/auth/token`: access tokens for scripts, by email and password or by a refresh token. */
import { z } from "zod";
import { problem } from "../../../base/problem.ts";
import { findUser } from "../../../db/users.ts";
import { issueRefreshToken, rotateRefreshToken } from "../../../db/refresh_tokens.ts";
import { tokenBody } from "../../../options/wire/auth.ts";
import { ACCESS_TOKEN_S, signAccessToken } from "../../auth/access_token.ts";
import { isPassword } from "../../auth/password.ts";
import { inTime } from "../../database.ts";
import { parseJson, readBody } from "../../ingest/body.ts";
import type { Operation } from "../../openapi/operation.ts";
import type { RequestContext, Services, SignIn } from "../../services.ts";
import { answerProblem } from "./problems.ts";

/** The description of the call. */
export const postTokenApi: Operation = {
  tag: "server",
  summary: "An access token for a script",
  description:
    "By email and password, or by the refresh token of the answer before. An access token is " +
    `good for ${
      ACCESS_TOKEN_S / 60
    } minutes and sent as \`Authorization: Bearer …\`. A refresh token is ` +
    "good once: one that comes twice ends all that were made of it.",
  body: "TokenBody",
  answers: {
    200: { description: "Both tokens.", body: "Token" },
    400: { description: "The body is not as described." },
    401: { description: "What was sent opens nothing." },
    404: { description: "The server runs without sign-in: calls need no token." },
    413: { description: "The body is too large." },
    415: { description: "The body is not JSON." },
    429: { description: "Too many tries (`Retry-After`)." },
  },
};

/** Both tokens. */
export async function postToken(c: RequestContext, services: Services): Promise<Response> {
  const { door } = services;
  if (door.kind === "open") {
    const detail = "This server runs without sign-in (--no-auth): calls need no token.";
    return answerProblem(problem(404, "no-sign-in", "No tokens here", { detail }));
  }
  const body = await readBody(c.req.raw, services.clock);
  if (!body.ok) return answerProblem(body.problem);
  const json = parseJson(body.bytes);
  if (!json.ok) return answerProblem(json.problem);
  const asked = tokenBody.safeParse(json.value);
  if (!asked.success) {
    return answerProblem(problem(400, "invalid-body", "Invalid request body", {
      detail: "Send email and password, or refreshToken.",
      errors: z.flattenError(asked.error).formErrors.map((message) => ({ path: "body", message })),
    }));
  }
  return "refreshToken" in asked.data
    ? await byRefreshToken(c, services, door, asked.data.refreshToken)
    : await byPassword(c, services, door, asked.data);
}

async function byPassword(
  c: RequestContext,
  { clock, database: { quick } }: Services,
  door: SignIn,
  { email, password }: { readonly email: string; readonly password: string },
): Promise<Response> {
  const waitS = door.rate.take(email, c.env.peer);
  if (waitS !== null) {
    const detail = `Try again in ${waitS} seconds.`;
    const answer = answerProblem(
      problem(429, "too-many-requests", "Too many tries", { detail, retryAfter: waitS }),
    );
    answer.headers.set("Retry-After", String(waitS));
    return answer;
  }
  const user = await inTime(clock, findUser(quick, { email }));
  const isRight = await isPassword(user?.passwordHash ?? null, password);
  if (!user || !isRight || user.isDisabled) return refused("Email or password is wrong.");
  const refreshToken = await inTime(clock, issueRefreshToken(quick, user.id));
  return await tokens(c, door, user.id, refreshToken);
}

async function byRefreshToken(
  c: RequestContext,
  { clock, database: { quick } }: Services,
  door: SignIn,
  refreshToken: string,
): Promise<Response> {
  const next = await inTime(clock, rotateRefreshToken(quick, refreshToken));
  if (!next) return refused("The refresh token is good no more; send email and password.");
  return await tokens(c, door, next.user.id, next.token);
}

async function tokens(
  c: RequestContext,
  { users }: SignIn,
  userId: string,
  refreshToken: string,
): Promise<Response> {
  const accessToken = await signAccessToken(users.tokenKey, userId);
  c.header("Cache-Control", "no-store");
  return c.json({
    accessToken,
    tokenType: "Bearer",
    expiresInSeconds: ACCESS_TOKEN_S,
    refreshToken,
  });
}

function refused(detail: string): Response {
  const answer = answerProblem(problem(401, "not-signed-in", "Not signed in", { detail }));
  answer.headers.set("WWW-Authenticate", 'Bearer realm="lastmark"');
  return answer;
}
