/** Agents' keys in requests: 401 without one, 403 with one that does not open what was asked. */
import { keyCovers, verifyKey } from "../../db/keys.ts";
import { type Problem, problem } from "../../base/problem.ts";
import { inTime } from "../database.ts";
import type { Services } from "../services.ts";

/** A key that opens agents' routes. `agent` is the agent or the numbered set it belongs to. */
export interface AgentKey {
  readonly agent: string;
  readonly hash: Uint8Array;
}

/** The key of a request, or why it opens nothing. */
export type KeyOutcome =
  | { readonly ok: true; readonly key: AgentKey }
  | { readonly ok: false; readonly problem: Problem };

type What = Pick<Services, "clock" | "log" | "database">;

/** Looks up the key of an `Authorization: Bearer …` header (RFC 6750). */
export async function agentKeyOf(header: string | undefined, services: What): Promise<KeyOutcome> {
  const text = /^Bearer +(\S+) *$/i.exec(header ?? "")?.[1];
  if (text === undefined) {
    const detail = "Send the agent's key as Authorization: Bearer <key>.";
    return { ok: false, problem: problem(401, "no-key", "API key required", { detail }) };
  }
  const { clock, database } = services;
  const check = await inTime(clock, verifyKey(database.quick, text));
  if (check.kind === "valid") return { ok: true, key: { agent: check.agent, hash: check.hash } };
  const owner = check.kind === "unknown" ? null : check.agent;
  return { ok: false, problem: keyRefused(services, check.kind, { keyAgent: owner }) };
}

/** What is wrong when a payload names an agent that the key does not belong to. */
export function foreignAgent(
  key: AgentKey,
  agentId: string,
  services: What,
): Problem | undefined {
  if (keyCovers(key.agent, agentId)) return undefined;
  return keyRefused(services, "foreign", { keyAgent: key.agent, agentId: agentId.slice(0, 64) });
}

const DETAILS = {
  unknown: "No such key is known here: deno task keys list shows those that are.",
  revoked: "The key was revoked.",
  expired: "The key has expired.",
  foreign: "The key belongs to another agent than the payload names.",
} as const;

/** The problem of a refused key, and its line in the log. */
export function keyRefused(
  services: What,
  reason: keyof typeof DETAILS,
  fields: { readonly keyAgent: string | null; readonly agentId?: string },
): Problem {
  services.log.warn("auth.key_refused", "Invalid API key", { reason, ...fields });
  return problem(403, "invalid-key", "Invalid API key", { detail: DETAILS[reason], reason });
}
