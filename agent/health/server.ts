/** The agent's own HTTP: `/ping`, `/health` and `/metrics`, on this machine unless told otherwise. */
import { problem, problemResponse } from "../../base/problem.ts";
import type { AgentStatus } from "../../options/wire/agent_status.ts";
import type { RequestResult } from "../../options/wire/session.ts";
import type { Log } from "../../telemetry/log.ts";
import { healthOf } from "./health.ts";
import { agentMetrics } from "./metrics.ts";

/** What a health server needs. */
export interface HealthOptions {
  readonly hostname: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly agentId: string;
  readonly version: string;
  /** From memory alone: it is asked for each answer. */
  readonly status: () => AgentStatus;
  /** One short attempt to connect to the gateway. */
  readonly probe: () => Promise<RequestResult>;
  /** Real time. */
  readonly nowMs: () => number;
  readonly log: Log;
}

/** A running health server. */
export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

const CALLS = {
  "GET /ping": "answers while the program runs",
  "GET /health": "how the agent is, at once; 503 when no prices can come",
  "GET /health?connect=true": "the same, after one short attempt to connect to the gateway",
  "GET /metrics": "figures for Prometheus",
};

/**
 * Starts to answer. `undefined` where the port cannot be had: prices are read without it, and the log
 * says so.
 */
export function startHealth(options: HealthOptions): HealthServer | undefined {
  const { hostname, port, log } = options;
  const metrics = agentMetrics(options.agentId, options.nowMs);
  /** Who asks for an attempt while one is on waits for that. */
  let probing: Promise<RequestResult> | undefined;
  const health = (probe?: RequestResult): Response => {
    const { agentId, version } = options;
    const said = healthOf(options.status(), { agentId, version });
    const found = probe?.kind === "done" ? probe.probe ?? null : null;
    return Response.json(
      { ...said, ...(probe && { probe: found }) },
      { status: said.status === "down" && found?.ok !== true ? 503 : 200 },
    );
  };
  const answer = async (request: Request): Promise<Response> => {
    const { pathname, searchParams } = new URL(request.url);
    if (request.method !== "GET") return unknown(request);
    switch (pathname) {
      case "/ping":
        return Response.json({ status: "ok" });
      case "/metrics":
        return new Response(await metrics.text(options.status()), {
          headers: { "content-type": metrics.contentType },
        });
      case "/health": {
        const connect = searchParams.get("connect") ?? "false";
        if (connect === "false") return health();
        if (connect !== "true") return wrongConnect(connect);
        probing ??= options.probe().finally(() => probing = undefined);
        return health(await probing);
      }
      case "/":
        return Response.json({ calls: CALLS });
      default:
        return unknown(request);
    }
  };
  try {
    const server = Deno.serve({ hostname, port, onListen: () => {} }, answer);
    log.info("health.listening", `Health is at http://${hostname}:${server.addr.port}/health`, {
      port: server.addr.port,
    });
    return { port: server.addr.port, close: () => server.shutdown() };
  } catch (error) {
    const why = error instanceof Deno.errors.AddrInUse
      ? "another program has the port; choose one with --health-port"
      : String(error);
    log.warn("health.not_listening", `No health at ${hostname}:${port}: ${why}`);
    return undefined;
  }
}

function wrongConnect(read: string): Response {
  const errors = [{ path: "connect", message: `is '${read.slice(0, 20)}'; allowed: true, false` }];
  return problemResponse(problem(400, "invalid-query", "Invalid query", { errors }));
}

function unknown(request: Request): Response {
  const { pathname } = new URL(request.url);
  const error = `No such call: ${request.method} ${pathname.slice(0, 80)}`;
  return problemResponse(problem(404, "unknown-call", error, { calls: CALLS }));
}
