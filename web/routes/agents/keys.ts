/** `POST /agents/keys` and `/agents/keys/change`: makes, rotates and revokes agents' keys. */
import { z } from "zod";
import { createKey, revokeKey, rotateKey } from "../../../db/keys.ts";
import { parseTicker, type Ticker } from "../../../options/contract.ts";
import { AGENT_NAME } from "../../../options/wire/ingest_schema.ts";
import { inTime } from "../../database.ts";
import type { RequestContext, Services } from "../../services.ts";
import { errorPage } from "../_error.tsx";
import { answerAgents } from "./page.tsx";

const DAY_MS = 86_400_000;
const OVERLAP_MS = DAY_MS;

const tickers = z.string().max(400).transform((text, context): Ticker[] | undefined => {
  const names = text.split(/[\s,]+/).filter((one) => one !== "" && one.toLowerCase() !== "all");
  const parsed = names.map((name) => ({ name, ticker: parseTicker(name) }));
  const wrong = parsed.find(({ ticker }) => ticker === undefined);
  if (wrong) {
    context.addIssue({ code: "custom", message: `“${wrong.name}” names no ticker` });
    return z.NEVER;
  }
  const found = parsed.flatMap(({ ticker }) => ticker ?? []);
  return found.length === 0 ? undefined : found;
});

const making = z.object({
  agent: z.string().regex(
    AGENT_NAME,
    "the agent's name must be 1 to 64 letters, digits, dots, hyphens or underscores",
  ),
  tickers: tickers.optional(),
  days: z.union([
    z.literal("").transform(() => undefined),
    z.coerce.number().int().min(1).max(3_650, "the days must be a whole number from 1 to 3650"),
  ]).optional(),
});

/** Makes a key, and shows it this once. */
export async function postKey(c: RequestContext, services: Services): Promise<Response> {
  const read = making.safeParse(Object.fromEntries(await c.req.formData()));
  if (!read.success) {
    return await errorPage(c, services, {
      status: 400,
      title: "No key was made",
      detail: `${read.error.issues.map(({ message }) => message).join("; ")}.`,
    });
  }
  const { agent, tickers: only, days } = read.data;
  const { clock, database } = services;
  const made = await inTime(
    clock,
    createKey(database.quick, {
      agent,
      ...(only ? { tickers: only } : {}),
      // Keys go by real time.
      ...(days === undefined ? {} : { expiresAtMs: Date.now() + days * DAY_MS }),
    }),
  );
  return await answerAgents(c, services, made);
}

/** Rotates a key, and shows the new one this once; or revokes it. */
export async function changeKey(c: RequestContext, services: Services): Promise<Response> {
  const form = await c.req.formData();
  const id = String(form.get("id") ?? "");
  const { clock, database: { quick } } = services;
  if (form.get("do") === "rotate") {
    const made = await inTime(clock, rotateKey(quick, id, { overlapMs: OVERLAP_MS }));
    if (made) return await answerAgents(c, services, made);
  } else if (form.get("do") === "revoke" && await inTime(clock, revokeKey(quick, id))) {
    return c.redirect("/agents#keys", 303);
  }
  return await errorPage(c, services, {
    status: 404,
    title: "No such key",
    detail: `There is no key ${id.slice(0, 20)} that still opens anything.`,
  });
}
