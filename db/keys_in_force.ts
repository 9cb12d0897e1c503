/** Which keys still open what they opened: asked again and again while sessions are open. */
import { z } from "zod";
import type { Sql } from "./connect.ts";

const row = z.object({ hash: z.string() });

/** Of keys, by the hex of their hashes, those that are neither revoked nor expired. */
export async function keysInForce(
  sql: Sql,
  hashes: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await sql`
    SELECT encode(k.hash, 'hex') AS hash
    FROM unnest(string_to_array(${hashes.join(",")}::text, ',')) AS asked (hash)
    JOIN keys AS k ON k.hash = decode(asked.hash, 'hex')
    WHERE k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())`;
  return new Set(rows.map((found) => row.parse(found).hash));
}
