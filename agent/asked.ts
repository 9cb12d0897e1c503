/** Two of the server's requests, answered over the gateway: bars, and a short connection. */
import type { Clock } from "../base/clock.ts";
import type { IdRange } from "../base/command.ts";
import type { Bar } from "../options/bars.ts";
import { barColumns, instrumentOf } from "../options/wire/bars.ts";
import type { AgentRequest, RequestResult } from "../options/wire/session.ts";
import type { BarPacing } from "./bars/pacing.ts";
import { postBars } from "./bars/post.ts";
import { readBars } from "./bars/read.ts";
import type { Server } from "./delivery/post.ts";
import { openProbe } from "./doctor/probe.ts";
import { GatewayLost } from "./gateway/connection.ts";
import type { Keeper } from "./gateway/keeper.ts";
import { failed } from "./requests.ts";

/** What reading bars for the server needs. */
export interface BarsForServer {
  readonly server: Server;
  readonly agentId: string;
  readonly keeper: Pick<Keeper, "connection">;
  /** Of the login: one for the whole program. */
  readonly pacing: BarPacing;
  readonly clock: Clock;
}

/** Reads the spans of a request and posts their bars. */
export async function readBarsForServer(
  given: BarsForServer,
  requestId: string,
  request: Extract<AgentRequest, { kind: "bars" }>,
  signal: AbortSignal,
): Promise<RequestResult> {
  const { server, agentId, keeper, pacing, clock } = given;
  const { what, bar, rth, spans } = request;
  const instrument = instrumentOf(request.instrument);
  if (instrument === undefined) {
    return failed("unknown", `${request.instrument} names no contract and no ticker.`);
  }
  const series = { instrument, what, bar, rth };
  const bars: Bar[] = [];
  try {
    const connection = await keeper.connection(signal);
    for (const span of spans) {
      const outcome = await readBars(connection, { series, span, clock, pacing, signal });
      if (outcome.kind === "refused") return failed("refused", outcome.message);
      bars.push(...outcome.bars);
    }
  } catch (error) {
    if (error instanceof GatewayLost) return failed("lost", error.message);
    throw error;
  }
  const inOrder = bars.toSorted((a, b) => a.startMs - b.startMs)
    .filter(({ startMs }, at, all) => startMs !== all[at - 1]?.startMs);
  const refusal = await postBars(server, {
    agentId,
    requestId,
    ...series,
    spans: [...spans],
    bars: barColumns(inOrder),
  });
  return refusal === undefined ? { kind: "done" } : failed("refused", refusal);
}

/** All tries together. */
const PROBE_DEADLINE_MS = 10_000;
const PROBE_IDS = 3;

/** Makes a short connection with an ID of the status checks, which disturbs no agent. */
export async function probeGateway(
  settings: { readonly ibHost: string; readonly ibPort: number; readonly statusIds: IdRange },
  clock: Clock,
): Promise<RequestResult> {
  const beganMs = clock.monotonicMs();
  const { first, last } = settings.statusIds;
  const result = (
    ok: boolean,
    message: string,
    clientId: number | null,
    serverVersion: number | null,
  ): RequestResult => ({
    kind: "done",
    probe: {
      ok,
      clientId,
      serverVersion,
      tookMs: Math.round(clock.monotonicMs() - beganMs),
      message,
    },
  });
  for (let clientId = first; clientId <= Math.min(last, first + PROBE_IDS - 1); clientId++) {
    const deadlineMs = PROBE_DEADLINE_MS - (clock.monotonicMs() - beganMs);
    if (deadlineMs <= 0) break;
    const outcome = await openProbe(settings, clientId, clock, { deadlineMs });
    switch (outcome.kind) {
      case "open":
        outcome.probe.close();
        return result(
          IS_OK,
          "The gateway lets a client in.",
          clientId,
          outcome.probe.serverVersion,
        );
      case "not_let_in":
        return result(
          NOT_OK,
          "The gateway answers the handshake and lets no client in.",
          clientId,
          outcome.serverVersion,
        );
      case "no_handshake":
        return result(NOT_OK, `No handshake: ${outcome.why}`.slice(0, 500), clientId, null);
      case "taken":
    }
  }
  return result(NOT_OK, `The client IDs from ${first} on are taken.`, null, null);
}

const IS_OK = true;
const NOT_OK = false;
