/**
 * Agents' keys. A key is `lm_agent_`, 160 random bits and a checksum, in Crockford's base 32; it
 * is shown once, and only its SHA-256 is kept (a random key of this length needs no slow hash).
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { Ticker } from "../options/contract.ts";
import { AGENT_NAME } from "../options/wire/ingest_schema.ts";
import type { Sql } from "./connect.ts";

const PREFIX = "lm_agent_";
const RANDOM_BYTES = 20;
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** A key as the list shows it; the key itself is not kept. */
export interface KeyInfo {
  readonly id: string;
  readonly agent: string;
  /** The only tickers it opens; `null` for all. */
  readonly tickers: readonly Ticker[] | null;
  readonly createdAtMs: number;
  /** To the nearest minute or so. */
  readonly lastUsedAtMs: number | null;
  readonly expiresAtMs: number | null;
  readonly revokedAtMs: number | null;
}

/** A key that opens something. */
export interface ValidKey {
  readonly id: string;
  /** The agent, or the numbered set, whose key it is. */
  readonly agent: string;
  /** The only tickers it opens; `null` for all. A key keeps its tickers for life. */
  readonly tickers: readonly Ticker[] | null;
  readonly hash: Uint8Array;
}

/** What a look-up of a key found. */
export type KeyCheck =
  | { readonly kind: "valid"; readonly key: ValidKey }
  | { readonly kind: "unknown" }
  | { readonly kind: "revoked"; readonly agent: string }
  | { readonly kind: "expired"; readonly agent: string };

/** A key that was just made. */
export interface MadeKey {
  readonly id: string;
  readonly agent: string;
  /** Its text, which is nowhere else. */
  readonly key: string;
  readonly expiresAtMs: number | null;
}

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
  options: {
    readonly agent: string;
    readonly tickers?: readonly Ticker[];
    readonly expiresAtMs?: number;
  },
): Promise<MadeKey> {
  if (!AGENT_NAME.test(options.agent)) {
    throw new RangeError(
      `agent is ${
        JSON.stringify(options.agent)
      }; it must be 1 to 64 letters, digits, dots, hyphens or underscores`,
    );
  }
  const key = newKey();
  const expires = options.expiresAtMs === undefined ? null : new Date(options.expiresAtMs);
  const rows = await sql`
    WITH agent AS (
      INSERT INTO agents (name) VALUES (${options.agent}) ON CONFLICT DO NOTHING
    )
    INSERT INTO keys (agent, hash, tickers, expires_at)
    VALUES (
      ${options.agent}, ${hashKey(key)},
      string_to_array(${options.tickers?.join(",") ?? null}::text, ','), ${expires}
    )
    RETURNING id::text, agent, ${expiresColumn(sql)}`;
  return { key, ...made.parse(rows[0]) };
}

/**
 * Makes a key that takes over from another: of the same agent, for the same tickers, and for as
 * long a life unless `expiresAtMs` says otherwise. The other one opens what it opened for `overlapMs`
 * more, so that a set of agents can be given the new one in turn. `undefined` where there is no key
 * with this ID that is still valid.
 */
export async function rotateKey(
  sql: Sql,
  id: string,
  options: { readonly overlapMs: number; readonly expiresAtMs?: number },
): Promise<MadeKey | undefined> {
  if (!isKeyId(id)) return undefined;
  const key = newKey();
  const expires = options.expiresAtMs === undefined ? null : new Date(options.expiresAtMs);
  const rows = await sql`
    WITH
    old AS (
      SELECT id, agent, tickers, expires_at - created_at AS life
      FROM keys
      WHERE id = ${id}::bigint
        AND revoked_at IS NULL
        AND (expires_at IS NULL OR expires_at > now())
      FOR NO KEY UPDATE
    ),
    ending AS (
      UPDATE keys
      SET
        expires_at = least(
          keys.expires_at,
          now() + ${options.overlapMs}::double precision * interval '1 millisecond'
        )
      FROM old
      WHERE keys.id = old.id
    )
    INSERT INTO keys (agent, hash, tickers, expires_at)
    SELECT
      agent, ${hashKey(key)}, tickers, coalesce(${expires}::timestamptz, now() + life)
    FROM old
    RETURNING id::text, agent, ${expiresColumn(sql)}`;
  return rows.length === 0 ? undefined : { key, ...made.parse(rows[0]) };
}

function newKey(): string {
  return keyText(crypto.getRandomValues(new Uint8Array(RANDOM_BYTES)));
}

const made = z.object({ id: z.string(), agent: z.string(), expiresAtMs: z.number().nullable() });

function expiresColumn(sql: Sql): ReturnType<Sql> {
  return sql`
    floor(extract(epoch FROM expires_at) * 1000)::double precision AS "expiresAtMs"`;
}

// Tickers are checked before they are stored.
const scope = z.array(z.string().transform((text) => text as Ticker)).nullable();

const found = z.object({
  id: z.string(),
  agent: z.string(),
  tickers: scope,
  revoked: z.boolean(),
  expired: z.boolean(),
});

/** Whose key a text is, and whether it still opens anything. */
export async function verifyKey(sql: Sql, text: string): Promise<KeyCheck> {
  return isWellFormedKey(text) ? await findKey(sql, hashKey(text)) : { kind: "unknown" };
}

/** The same by what is kept of a key. */
export async function findKey(sql: Sql, hash: Uint8Array): Promise<KeyCheck> {
  const [row] = await sql`
    SELECT
      id::text,
      agent,
      to_jsonb(tickers) AS tickers,
      revoked_at IS NOT NULL AS revoked,
      coalesce(expires_at <= now(), false) AS expired
    FROM keys
    WHERE hash = ${hash}`;
  if (!row) return { kind: "unknown" };
  const { id, agent, tickers, revoked, expired } = found.parse(row);
  if (revoked) return { kind: "revoked", agent };
  if (expired) return { kind: "expired", agent };
  return { kind: "valid", key: { id, agent, tickers, hash } };
}

/** Whether a text is the ID of a key by its form: a number that the database can hold. */
export function isKeyId(text: string): boolean {
  return /^[1-9]\d{0,17}$/.test(text);
}

/** Revokes a key; `false` where there is none with this ID, or it is revoked already. */
export async function revokeKey(sql: Sql, id: string): Promise<boolean> {
  if (!isKeyId(id)) return false;
  const rows = await sql`
    UPDATE keys SET revoked_at = now() WHERE id = ${id}::bigint AND revoked_at IS NULL
    RETURNING id`;
  return rows.length === 1;
}

/** A use of a key. */
export interface KeyUse {
  readonly id: string;
  /** How long ago it was; the database's clock says when that is. */
  readonly agoMs: number;
}

/**
 * Writes down when keys were last used. A row that another writer holds is passed over: that is
 * another server, with nearly the same to say.
 */
export async function markKeysUsed(sql: Sql, uses: readonly KeyUse[]): Promise<void> {
  await sql`
    UPDATE keys
    SET last_used_at = greatest(keys.last_used_at, used.at)
    FROM (
      SELECT k.id, now() - u."agoMs" * interval '1 millisecond' AS at
      FROM keys AS k
      JOIN jsonb_to_recordset(${JSON.stringify(uses)}::text::jsonb)
        AS u (id bigint, "agoMs" double precision) ON u.id = k.id
      FOR NO KEY UPDATE OF k SKIP LOCKED
    ) AS used
    WHERE keys.id = used.id`;
}

const info = z.object({
  id: z.string(),
  agent: z.string(),
  tickers: scope,
  createdAtMs: z.number(),
  lastUsedAtMs: z.number().nullable(),
  expiresAtMs: z.number().nullable(),
  revokedAtMs: z.number().nullable(),
});

/** All keys, oldest first. */
export async function listKeys(sql: Sql): Promise<KeyInfo[]> {
  const rows = await sql`
    SELECT
      id::text,
      agent,
      to_jsonb(tickers) AS tickers,
      floor(extract(epoch FROM created_at) * 1000)::double precision AS "createdAtMs",
      floor(extract(epoch FROM last_used_at) * 1000)::double precision AS "lastUsedAtMs",
      ${expiresColumn(sql)},
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
