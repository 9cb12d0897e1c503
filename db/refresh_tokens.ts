/** Refresh tokens of scripts: each is good once, and makes the next of its family. */
import { z } from "zod";
import type postgres from "postgres";
import type { Sql } from "./connect.ts";
import { hashSecret, newSecret } from "./secrets.ts";
import { type User, USER_ROLES } from "./users.ts";

/** How long one is good that is not used. */
export const REFRESH_MS = 30 * 86_400_000;

/** Makes the first of a family. */
export async function issueRefreshToken(sql: Sql, userId: string): Promise<string> {
  return await insert(sql, userId, crypto.randomUUID());
}

async function insert(
  sql: Sql | postgres.TransactionSql,
  userId: string,
  family: string,
): Promise<string> {
  const secret = newSecret();
  await sql`
    INSERT INTO refresh_tokens (hash, user_id, family, expires_at)
    VALUES (
      ${hashSecret(secret)}, ${userId}::bigint, ${family}::uuid,
      now() + ${REFRESH_MS}::double precision * interval '1 millisecond'
    )`;
  return secret;
}

const taken = z.object({
  family: z.string(),
  isUsed: z.boolean(),
  id: z.string(),
  email: z.string(),
  role: z.enum(USER_ROLES),
});

/**
 * Takes a token for the next one; `undefined` where it is not good. One that was used before ends
 * its whole family: it or the one after it is in the wrong hands.
 */
export async function rotateRefreshToken(
  sql: Sql,
  secret: string,
): Promise<{ readonly user: User; readonly token: string } | undefined> {
  return await sql.begin(async (transaction) => {
    const [row] = await transaction`
      SELECT t.family::text, t.used_at IS NOT NULL AS "isUsed", u.id::text, u.email, u.role
      FROM refresh_tokens AS t
      JOIN users AS u ON u.id = t.user_id
      WHERE t.hash = ${hashSecret(secret)}
        AND t.revoked_at IS NULL
        AND t.expires_at > now()
        AND u.disabled_at IS NULL
      FOR UPDATE OF t`;
    if (!row) return undefined;
    const { family, isUsed, ...user } = taken.parse(row);
    if (isUsed) {
      await transaction`
        UPDATE refresh_tokens SET revoked_at = now() WHERE family = ${family}::uuid AND revoked_at IS NULL`;
      return undefined;
    }
    await transaction`UPDATE refresh_tokens SET used_at = now() WHERE hash = ${hashSecret(secret)}`;
    return { user, token: await insert(transaction, user.id, family) };
  });
}
