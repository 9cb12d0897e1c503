/** People who sign in. */
import { z } from "zod";
import { type Sql, sqlState } from "./connect.ts";
import { hashSecret, newSecret } from "./secrets.ts";

/** What a user may do: each what those before it may. */
export const USER_ROLES = ["viewer", "trader", "operator"] as const;

/** What a user may do. */
export type UserRole = typeof USER_ROLES[number];

const role = z.enum(USER_ROLES);

/** Who somebody is. */
export interface User {
  readonly id: string;
  readonly email: string;
  readonly role: UserRole;
}

/** A user as the list shows it. */
export interface UserInfo extends User {
  readonly name: string | null;
  readonly hasPassword: boolean;
  readonly isDisabled: boolean;
  readonly createdAtMs: number;
  readonly seenAtMs: number | null;
}

/** SQLSTATE "unique_violation". */
const UNIQUE_VIOLATION = "23505";

/** An email as it is kept: users are told apart without regard to case. */
export function normalEmail(text: string): string {
  return text.trim().toLowerCase();
}

/** Adds a user; `undefined` where there is one of this email. */
export async function addUser(
  sql: Sql,
  user: { readonly email: string; readonly role: UserRole; readonly name?: string | undefined },
): Promise<User | undefined> {
  const email = normalEmail(user.email);
  try {
    const [row] = await sql`
      INSERT INTO users (email, name, role) VALUES (${email}, ${user.name ?? null}, ${user.role})
      RETURNING id::text`;
    return { ...z.object({ id: z.string() }).parse(row), email, role: user.role };
  } catch (error) {
    if (sqlState(error) === UNIQUE_VIOLATION) return undefined;
    throw error;
  }
}

const infoRow = z.object({
  id: z.string(),
  email: z.string(),
  role,
  name: z.string().nullable(),
  hasPassword: z.boolean(),
  isDisabled: z.boolean(),
  createdAtMs: z.number(),
  seenAtMs: z.number().nullable(),
});

/** All users, by email. */
export async function listUsers(sql: Sql): Promise<UserInfo[]> {
  const rows = await sql`
    SELECT
      u.id::text,
      u.email,
      u.role,
      u.name,
      u.password_hash IS NOT NULL AS "hasPassword",
      u.disabled_at IS NOT NULL AS "isDisabled",
      (extract(epoch FROM u.created_at) * 1000)::double precision AS "createdAtMs",
      (
        SELECT (extract(epoch FROM max(s.seen_at)) * 1000)::double precision
        FROM user_sessions AS s
        WHERE s.user_id = u.id
      ) AS "seenAtMs"
    FROM users AS u
    ORDER BY u.email`;
  return rows.map((row) => infoRow.parse(row));
}

/** What signing in goes by. */
export interface UserSecrets extends User {
  readonly passwordHash: string | null;
  readonly isDisabled: boolean;
}

const secretsRow = z.object({
  id: z.string(),
  email: z.string(),
  role,
  passwordHash: z.string().nullable(),
  isDisabled: z.boolean(),
});

/** The user of an email, or of an ID; `undefined` where there is none. */
export async function findUser(
  sql: Sql,
  by: { readonly email: string } | { readonly id: string },
): Promise<UserSecrets | undefined> {
  const [row] = await sql`
    SELECT
      id::text,
      email,
      role,
      password_hash AS "passwordHash",
      disabled_at IS NOT NULL AS "isDisabled"
    FROM users
    WHERE ${"email" in by ? sql`email = ${normalEmail(by.email)}` : sql`id = ${by.id}::bigint`}`;
  return row && secretsRow.parse(row);
}

/** Gives a user another role; `false` where there is no such user. */
export async function setRole(sql: Sql, email: string, to: UserRole): Promise<boolean> {
  const rows = await sql`
    UPDATE users SET role = ${to} WHERE email = ${normalEmail(email)} RETURNING id`;
  return rows.length === 1;
}

/** Locks a user out, and out of every session and token; or lets them in again. */
export async function setDisabled(
  sql: Sql,
  email: string,
  to: "disabled" | "enabled",
): Promise<boolean> {
  const isDisabled = to === "disabled";
  const rows = await sql`
    WITH changed AS (
      UPDATE users
      SET disabled_at = CASE WHEN ${isDisabled}::boolean THEN now() END
      WHERE email = ${normalEmail(email)}
      RETURNING id
    ),
    sessions AS (
      UPDATE user_sessions SET revoked_at = now()
      WHERE ${isDisabled}::boolean AND revoked_at IS NULL AND user_id IN (SELECT id FROM changed)
    ),
    tokens AS (
      UPDATE refresh_tokens SET revoked_at = now()
      WHERE ${isDisabled}::boolean AND revoked_at IS NULL AND user_id IN (SELECT id FROM changed)
    )
    SELECT id FROM changed`;
  return rows.length === 1;
}

/** Sets a password's hash, and ends every other session, token and link of the user. */
export async function setPasswordHash(
  sql: Sql,
  userId: string,
  passwordHash: string,
  keepSession: Uint8Array,
): Promise<void> {
  await sql`
    WITH
    sessions AS (
      UPDATE user_sessions SET revoked_at = now()
      WHERE user_id = ${userId}::bigint AND revoked_at IS NULL AND hash <> ${keepSession}
    ),
    tokens AS (
      UPDATE refresh_tokens SET revoked_at = now()
      WHERE user_id = ${userId}::bigint AND revoked_at IS NULL
    ),
    links AS (
      DELETE FROM sign_in_links WHERE user_id = ${userId}::bigint
    )
    UPDATE users SET password_hash = ${passwordHash} WHERE id = ${userId}::bigint`;
}

/** Makes a link's secret for a user, good once and for so long. */
export async function makeLink(sql: Sql, userId: string, lastsMs: number): Promise<string> {
  const secret = newSecret();
  await sql`
    INSERT INTO sign_in_links (hash, user_id, expires_at)
    VALUES (
      ${hashSecret(secret)}, ${userId}::bigint,
      now() + ${lastsMs}::double precision * interval '1 millisecond'
    )`;
  return secret;
}

/** Whose link a secret is, while it is good; `use` makes it good no more. */
export async function followLink(
  sql: Sql,
  secret: string,
  way: "look" | "use",
): Promise<User | undefined> {
  const hash = hashSecret(secret);
  const isUsed = way === "use";
  const rows = await sql`
    WITH
    link AS (
      SELECT hash, user_id FROM sign_in_links
      WHERE hash = ${hash} AND used_at IS NULL AND expires_at > now()
      FOR UPDATE
    ),
    used AS (
      UPDATE sign_in_links SET used_at = now()
      WHERE ${isUsed}::boolean AND hash IN (SELECT hash FROM link)
    )
    SELECT u.id::text, u.email, u.role
    FROM users AS u
    JOIN link ON link.user_id = u.id
    WHERE u.disabled_at IS NULL`;
  const [row] = rows;
  return row && z.object({ id: z.string(), email: z.string(), role }).parse(row);
}

/**
 * The user of somebody whom an OpenID provider names: the one who came by this subject before, or
 * whose email is the verified one; else a new one of the given role. `undefined` where there is
 * none and none is to be made, or the user is disabled.
 */
export async function userOfOidc(
  sql: Sql,
  { subject, email, newUsers }: {
    readonly subject: string;
    readonly email: string | null;
    readonly newUsers: UserRole | null;
  },
): Promise<User | undefined> {
  const address = email === null ? null : normalEmail(email);
  const select = () =>
    sql`
      SELECT id::text, email, role FROM users
      WHERE oidc_subject = ${subject} AND disabled_at IS NULL`;
  const known = z.object({ id: z.string(), email: z.string(), role });
  const [before] = await select();
  if (before) return known.parse(before);
  if (address === null) return undefined;
  // Somebody else's subject is never taken over by an email.
  await sql`
    UPDATE users SET oidc_subject = ${subject}
    WHERE email = ${address} AND oidc_subject IS NULL AND disabled_at IS NULL`;
  if (newUsers !== null) {
    await sql`
      INSERT INTO users (email, role, oidc_subject) VALUES (${address}, ${newUsers}, ${subject})
      ON CONFLICT DO NOTHING`;
  }
  const [row] = await select();
  return row && known.parse(row);
}
