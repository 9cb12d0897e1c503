/** The cookie of a session. Over TLS its name has the prefix that no other host can set (RFC 6265bis). */
import { generateCookie } from "hono/cookie";
import { SESSION_MS } from "../../db/user_sessions.ts";

const PLAIN = "lastmark-session";
const SECURE = `__Host-${PLAIN}`;

/** The names under which a session may come. */
export const SESSION_COOKIES: readonly string[] = [SECURE, PLAIN];

/** How a browser reaches the server: over TLS alone, or also without. */
export type Transport = "tls" | "plain";

/** The `Set-Cookie` that gives a browser its session. */
export function sessionCookie(secret: string, transport: Transport): string {
  return cookie(secret, transport, SESSION_MS / 1_000);
}

/** The `Set-Cookie` that takes it back. */
export function endedCookie(transport: Transport): string {
  return cookie("", transport, 0);
}

function cookie(value: string, transport: Transport, maxAge: number): string {
  const isSecure = transport === "tls";
  return generateCookie(isSecure ? SECURE : PLAIN, value, {
    path: "/",
    httpOnly: true,
    sameSite: "Lax",
    secure: isSecure,
    maxAge,
  });
}
