/** The sessions of people who signed in: one a browser, by the SHA-256 of a cookie's secret. */
import { z } from "zod";
import type { Sql } from "./connect.ts";
import { hashSecret, newSecret } from "./secrets.ts";
import { type User, USER_ROLES } from "./users.ts";

/** How long a session lasts, however it is used. */
export const SESSION_MS = 30 * 86_400_000;

/** A session that is not used for so long is over. */
export const SESSION_IDLE_MS = 7 * 86_400_000;

/** Begins a session; its secret is for the cookie. */
export async function openUserSession(
  sql: Sql,
  userId: string,
  browser: string | null,
): Promise<string> {
  const secret = newSecret();
  await sql`
    INSERT INTO user_sessions (user_id, hash, browser, expires_at)
    VALUES (
      ${userId}::bigint, ${hashSecret(secret)}, ${browser?.slice(0, 200) ?? null},
      now() + ${SESSION_MS}::double precision * interval '1 millisecond'
    )`;
  return secret;
}

const userRow = z.object({ id: z.string(), email: z.string(), role: z.enum(USER_ROLES) });

/** Whose session it is, while it is good; notes once a minute that it is used. */
export async function userOfSession(sql: Sql, hash: Uint8Array): Promise<User | undefined> {
  const [row] = await sql`
    WITH
    session AS (
      SELECT s.id, s.user_id, s.seen_at
      FROM user_sessions AS s
      JOIN users AS u ON u.id = s.user_id
      WHERE s.hash = ${hash}
        AND s.revoked_at IS NULL
        AND s.expires_at > now()
        AND s.seen_at > now() - ${SESSION_IDLE_MS}::double precision * interval '1 millisecond'
        AND u.disabled_at IS NULL
    ),
    seen AS (
      UPDATE user_sessions SET seen_at = now()
      WHERE id IN (SELECT id FROM session WHERE seen_at < now() - interval '1 minute')
    )
    SELECT u.id::text, u.email, u.role
    FROM users AS u
    JOIN session ON session.user_id = u.id`;
  return row && userRow.parse(row);
}

/** A session as its user sees it. */
export interface UserSession {
  readonly id: string;
  readonly browser: string | null;
  readonly createdAtMs: number;
  readonly seenAtMs: number;
  readonly isThis: boolean;
}

const sessionRow = z.object({
  id: z.string(),
  browser: z.string().nullable(),
  createdAtMs: z.number(),
  seenAtMs: z.number(),
  isThis: z.boolean(),
});

/** The good sessions of a user, the newest first. */
export async function sessionsOf(
  sql: Sql,
  userId: string,
  thisHash: Uint8Array,
): Promise<UserSession[]> {
  const rows = await sql`
    SELECT
      id::text,
      browser,
      (extract(epoch FROM created_at) * 1000)::double precision AS "createdAtMs",
      (extract(epoch FROM seen_at) * 1000)::double precision AS "seenAtMs",
      hash = ${thisHash} AS "isThis"
    FROM user_sessions
    WHERE user_id = ${userId}::bigint
      AND revoked_at IS NULL
      AND expires_at > now()
      AND seen_at > now() - ${SESSION_IDLE_MS}::double precision * interval '1 millisecond'
    ORDER BY seen_at DESC`;
  return rows.map((row) => sessionRow.parse(row));
}

/** Ends a session by its hash. */
export async function endUserSession(sql: Sql, hash: Uint8Array): Promise<void> {
  await sql`UPDATE user_sessions SET revoked_at = now() WHERE hash = ${hash} AND revoked_at IS NULL`;
}

/** Ends one of a user's own sessions by its ID. */
export async function endSessionOf(sql: Sql, userId: string, id: string): Promise<boolean> {
  if (!/^[1-9]\d{0,17}$/.test(id)) return false;
  const rows = await sql`
    UPDATE user_sessions SET revoked_at = now()
    WHERE id = ${id}::bigint AND user_id = ${userId}::bigint AND revoked_at IS NULL
    RETURNING id`;
  return rows.length === 1;
}
