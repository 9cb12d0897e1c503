/** `GET /ping` and `GET /health`. */
import { DATABASE_RETRY_AFTER_S, inTime, saysDatabaseAway } from "../../database.ts";
import type { RequestContext, Services } from "../../services.ts";

/** Answers without touching anything. */
export function ping(c: RequestContext): Response {
  return c.json({ status: "ok" });
}

/** Whether the server can do its work: 503 while its database is away. */
export async function health(
  c: RequestContext,
  { clock, database, version }: Services,
): Promise<Response> {
  const startedMs = clock.monotonicMs();
  try {
    await inTime(clock, database.quick`SELECT 1`);
  } catch (error) {
    if (!saysDatabaseAway(error)) throw error;
    const answer = { status: "down", version, database: { status: "down" } };
    return c.json(answer, 503, { "Retry-After": String(DATABASE_RETRY_AFTER_S) });
  }
  const latencyMs = Math.round(clock.monotonicMs() - startedMs);
  return c.json({ status: "ok", version, database: { status: "ok", latencyMs } });
}
