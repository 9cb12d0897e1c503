/** `GET /ping` and `GET /health`. */
import { DATABASE_RETRY_AFTER_S, inTime, saysDatabaseAway } from "../../database.ts";
import type { Handler } from "../../services.ts";

/** Answers without touching anything. */
export const ping: Handler = (c) => c.json({ status: "ok" });

/** Whether the server can do its work: 503 while its database is away. */
export const health: Handler = async (c, { clock, database, version }) => {
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
};
