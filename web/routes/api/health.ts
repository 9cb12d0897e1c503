/** `GET /ping` and `GET /health`. */
import { DATABASE_RETRY_AFTER_S, inTime, saysDatabaseAway } from "../../database.ts";
import type { Operation } from "../../openapi/operation.ts";
import type { RequestContext, Services } from "../../services.ts";

/** The description of `GET /ping`. */
export const pingApi: Operation = {
  tag: "server",
  summary: "Answers without touching anything",
  withoutDatabase: true,
  answers: { 200: { description: "The server answers.", body: "Ping" } },
};

/** The description of `GET /health`. */
export const healthApi: Operation = {
  tag: "server",
  summary: "Whether the server can do its work",
  answers: {
    200: { description: "It can.", body: "Health" },
    503: {
      description: "Its database is away.",
      body: "Health",
      headers: { "Retry-After": "seconds after which to try again" },
    },
  },
};

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
