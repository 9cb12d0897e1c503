/**
 * Agents' keys. A key is `lm_agent_`, 160 random bits and a checksum, in Crockford's base 32; it
 * is shown once, and only its SHA-256 is kept (a random key of this length needs no slow hash).
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { AGENT_NAME } from "../options/wire/ingest_schema.ts";
import type { Sql } from "./connect.ts";

const PREFIX = "lm_agent_";
const RANDOM_BYTES = 20;
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** A key as the list shows it; the key itself is not kept. */
export interface KeyInfo {
  readonly id: string;
  readonly agent: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
  readonly revokedAtMs: number | null;
}

/** What `verifyKey()` found. */
export type KeyCheck =
  | {
    readonly kind: "valid";
    readonly id: string;
    readonly agent: string;
    readonly hash: Uint8Array;
  }
  | { readonly kind: "unknown" }
  | { readonly kind: "revoked"; readonly agent: string }
  | { readonly kind: "expired"; readonly agent: string };

/**
 * The text of a key over the given random bytes.
 *
 * @example
 * ```ts
 * import { isWellFormedKey, keyText } from "./keys.ts";
 * const key = keyText(new Uint8Array(20));
 * console.assert(isWellFormedKey(key) && !isWellFormedKey(key.replace("0", "1")));
 * ```
 */
export function keyText(random: Uint8Array): string {
  const body = base32(random);
  return PREFIX + body + checksum(body);
}

/** Whether a text can be a key at all: its form and its checksum; asks no database. */
export function isWellFormedKey(text: string): boolean {
  const match = /^lm_agent_([0-9a-z]{32})([0-9a-z]{8})$/.exec(text);
  return match?.[1] !== undefined && checksum(match[1]) === match[2];
}

/** What is kept of a key. */
export function hashKey(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

/**
 * The names whose key authenticates an agent: its own, and for a numbered one that of its set.
 *
 * @example
 * ```ts
 * import { keyOwners } from "./keys.ts";
 * console.assert(keyOwners("deals-12").join() === "deals-12,deals");
 * console.assert(keyOwners("deals").join() === "deals");
 * ```
 */
export function keyOwners(agentId: string): string[] {
  const set = /^(.+)-(?:0|[1-9]\d{0,5})$/.exec(agentId)?.[1];
  return set === undefined ? [agentId] : [agentId, set];
}

/** Whether the key of `owner` authenticates `agentId`. */
export function keyCovers(owner: string, agentId: string): boolean {
  return keyOwners(agentId).includes(owner);
}

/** Makes a key for an agent or a numbered set. The text is returned once and never again. */
export async function createKey(
  sql: Sql,
  options: { readonly agent: string; readonly expiresAtMs?: number },
): Promise<{ readonly id: string; readonly key: string }> {
  if (!AGENT_NAME.test(options.agent)) {
    throw new RangeError(
      `agent is ${
        JSON.stringify(options.agent)
      }; it must be 1 to 64 letters, digits, dots, hyphens or underscores`,
    );
  }
  const key = keyText(crypto.getRandomValues(new Uint8Array(RANDOM_BYTES)));
  const expires = options.expiresAtMs === undefined ? null : new Date(options.expiresAtMs);
  const rows = await sql`
    WITH agent AS (
      INSERT INTO agents (name) VALUES (${options.agent}) ON CONFLICT DO NOTHING
    )
    INSERT INTO keys (agent, hash, expires_at)
    VALUES (${options.agent}, ${hashKey(key)}, ${expires})
    RETURNING id::text`;
  return { id: z.object({ id: z.string() }).parse(rows[0]).id, key };
}

const found = z.object({
  id: z.string(),
  agent: z.string(),
  revoked: z.boolean(),
  expired: z.boolean(),
});

/** Whose key a text is, and whether it still opens anything. */
export async function verifyKey(sql: Sql, text: string): Promise<KeyCheck> {
  if (!isWellFormedKey(text)) return { kind: "unknown" };
  const hash = hashKey(text);
  const [row] = await sql`
    SELECT
      id::text,
      agent,
      revoked_at IS NOT NULL AS revoked,
      coalesce(expires_at <= now(), false) AS expired
    FROM keys
    WHERE hash = ${hash}`;
  if (!row) return { kind: "unknown" };
  const { id, agent, revoked, expired } = found.parse(row);
  if (revoked) return { kind: "revoked", agent };
  if (expired) return { kind: "expired", agent };
  return { kind: "valid", id, agent, hash };
}

/** Revokes a key; `false` where there is none with this ID, or it is revoked already. */
export async function revokeKey(sql: Sql, id: string): Promise<boolean> {
  if (!/^\d{1,18}$/.test(id)) return false;
  const rows = await sql`
    UPDATE keys SET revoked_at = now() WHERE id = ${id}::bigint AND revoked_at IS NULL
    RETURNING id`;
  return rows.length === 1;
}

const info = z.object({
  id: z.string(),
  agent: z.string(),
  createdAtMs: z.number(),
  expiresAtMs: z.number().nullable(),
  revokedAtMs: z.number().nullable(),
});

/** All keys, oldest first. */
export async function listKeys(sql: Sql): Promise<KeyInfo[]> {
  const rows = await sql`
    SELECT
      id::text,
      agent,
      floor(extract(epoch FROM created_at) * 1000)::double precision AS "createdAtMs",
      floor(extract(epoch FROM expires_at) * 1000)::double precision AS "expiresAtMs",
      floor(extract(epoch FROM revoked_at) * 1000)::double precision AS "revokedAtMs"
    FROM keys
    ORDER BY keys.id`;
  return rows.map((row) => info.parse(row));
}

function base32(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(held >>> bits) & 31] ?? "";
    }
    held &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + (ALPHABET[(held << (5 - bits)) & 31] ?? "");
}

/** The first 40 bits of the body's SHA-256: tells a mistyped or cut key from a wrong one. */
function checksum(body: string): string {
  return base32(createHash("sha256").update(body).digest().subarray(0, 5));
}
