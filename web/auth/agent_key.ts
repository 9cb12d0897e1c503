/** Agents' keys in requests: 401 without one, 403 with one that does not open what was asked. */
import { type Problem, problem } from "../../base/problem.ts";
import { keyCovers, type ValidKey } from "../../db/keys.ts";
import { parseTicker } from "../../options/contract.ts";
import type { Services } from "../services.ts";

/** The key of a request, or why it opens nothing. */
export type KeyOutcome =
  | { readonly ok: true; readonly key: ValidKey }
  | { readonly ok: false; readonly problem: Problem };

type What = Pick<Services, "log" | "keys">;

/** Looks up the key of an `Authorization: Bearer …` header (RFC 6750). */
export async function agentKeyOf(header: string | undefined, services: What): Promise<KeyOutcome> {
  const text = /^Bearer +(\S+) *$/i.exec(header ?? "")?.[1];
  if (text === undefined) {
    const detail = "Send the agent's key as Authorization: Bearer <key>.";
    return { ok: false, problem: problem(401, "no-key", "API key required", { detail }) };
  }
  const check = await services.keys.check(text);
  if (check.kind === "valid") return { ok: true, key: check.key };
  const owner = check.kind === "unknown" ? null : check.agent;
  return { ok: false, problem: keyRefused(services, check.kind, { keyAgent: owner }) };
}

/**
 * What is wrong when a payload names an agent that the key does not belong to, or a ticker that it
 * does not open; `undefined` where it opens both. What names no ticker at all is for later checks.
 */
export function outsideKey(
  key: ValidKey,
  payload: { readonly agentId: string; readonly ticker: string },
  services: What,
): Problem | undefined {
  const { agentId, ticker } = payload;
  const who = { keyAgent: key.agent, agentId: agentId.slice(0, 64) };
  if (!keyCovers(key.agent, agentId)) return keyRefused(services, "foreign", who);
  const named = parseTicker(ticker);
  if (key.tickers === null || named === undefined || key.tickers.includes(named)) return undefined;
  return keyRefused(services, "out_of_scope", { ...who, ticker: named });
}

/** The problem when the ingest statement refused a key that was valid when the request began. */
export async function refusedSince(
  key: ValidKey,
  agentId: string,
  services: What,
): Promise<Problem> {
  const { kind } = await services.keys.recheck(key.hash);
  const reason = kind === "expired" ? "expired" : "revoked";
  return keyRefused(services, reason, { keyAgent: key.agent, agentId });
}

const DETAILS = {
  unknown: "No such key is known here: deno task keys list shows those that are.",
  revoked: "The key was revoked.",
  expired: "The key has expired.",
  foreign: "The key belongs to another agent than the payload names.",
  out_of_scope: "The key is for other tickers than the payload's.",
} as const;

/** The problem of a refused key, and its line in the log. */
function keyRefused(
  services: What,
  reason: keyof typeof DETAILS,
  fields: {
    readonly keyAgent: string | null;
    readonly agentId?: string;
    readonly ticker?: string;
  },
): Problem {
  services.log.warn("auth.key_refused", "Invalid API key", { reason, ...fields });
  return problem(403, "invalid-key", "Invalid API key", { detail: DETAILS[reason], reason });
}
