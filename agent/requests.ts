/**
 * What the server asks of this agent, by its session: to read a chain now, to stream a window for a
 * while, to read bars, to try the gateway. A request that is sent again, after the session was
 * lost, is the same request: it goes on, and its result is said again.
 */
import type { Clock, Timer } from "../base/clock.ts";
import type { Ticker } from "../options/contract.ts";
import type { AgentMessageText, AgentRequest, RequestResult } from "../options/wire/session.ts";
import type { Log } from "../telemetry/log.ts";
import { parseStreamWindow, STREAM_WINDOW_HELP } from "./chain/stream_window.ts";
import type { Reader } from "./reader.ts";
import type { RequestOutcome } from "./reading.ts";

/** How long a result is kept for a server that did not hear it. */
const KEEP_RESULT_MS = 5 * 60_000;

/** Progress is told so often at the most. */
const PROGRESS_EVERY_MS = 500;

/** The longest sentence of a result. */
const MAX_MESSAGE = 500;

/** What answering requests needs. */
export interface RequestsOptions {
  readonly reader: Pick<Reader, "request" | "stream" | "unstream">;
  /** Windows that the agent streams by its settings stay as they are. */
  readonly isStreamed: (ticker: Ticker) => boolean;
  /** Whether another agent has the ticker. */
  readonly standsBy: (ticker: Ticker) => boolean;
  /** Aborts when another agent turns out to have the ticker. */
  readonly untilStandDown: (ticker: Ticker) => AbortSignal;
  readonly readBars: (
    requestId: string,
    request: Extract<AgentRequest, { kind: "bars" }>,
    signal: AbortSignal,
  ) => Promise<RequestResult>;
  readonly probe: () => Promise<RequestResult>;
  /** Says something on the session; lost where there is none. */
  readonly say: (message: AgentMessageText) => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** Answers requests. */
export interface Requests {
  hear(requestId: string, request: AgentRequest): void;
  /** Nobody waits for it any more. */
  cancel(requestId: string): void;
  /** Ends all. */
  end(): void;
}

interface Open {
  readonly stop: AbortController;
  result: RequestResult | undefined;
  isFirst: boolean;
  progress: { readonly done: number; readonly total: number } | undefined;
}

/** Makes what answers them. */
export function answerRequests(options: RequestsOptions): Requests {
  const { reader, clock, log, say } = options;
  const open = new Map<string, Open>();
  const timers = new Set<Timer>();
  const streams = new Map<Ticker, Timer>();

  const later = (ms: number, what: () => void): Timer => {
    const timer = clock.after(ms, () => {
      timers.delete(timer);
      what();
    });
    timers.add(timer);
    return timer;
  };
  const read = async (
    requestId: string,
    ticker: Ticker,
    one: Open,
  ): Promise<RequestResult> => {
    if (options.standsBy(ticker)) return failed("standby", `Another agent reads ${ticker}.`);
    let toldMs = Number.NEGATIVE_INFINITY;
    const stoodDown = options.untilStandDown(ticker);
    const outcome = await reader.request({
      ticker,
      priority: "page",
      signal: AbortSignal.any([one.stop.signal, stoodDown]),
      onProgress({ done, total }) {
        const nowMs = clock.monotonicMs();
        if (nowMs - toldMs < PROGRESS_EVERY_MS && done < total) return;
        toldMs = nowMs;
        one.progress = { done, total };
        say({ type: "progress", requestId, done, total });
      },
      onFirst() {
        one.isFirst = true;
        say({ type: "first", requestId });
      },
    });
    return resultOf(outcome);
  };
  const stream = (request: Extract<AgentRequest, { kind: "stream" }>): RequestResult => {
    const { ticker, forMs } = request;
    const window = parseStreamWindow(request.window);
    if (!window) {
      return failed("refused", `${request.window} is no window. Allowed: ${STREAM_WINDOW_HELP}`);
    }
    if (options.isStreamed(ticker)) return { kind: "done" };
    const known = streams.get(ticker);
    if (known) {
      known.cancel();
      timers.delete(known);
    } else {
      reader.stream(ticker, window);
    }
    streams.set(
      ticker,
      later(forMs, () => {
        streams.delete(ticker);
        reader.unstream(ticker);
      }),
    );
    return { kind: "done" };
  };
  const answer = async (
    requestId: string,
    request: AgentRequest,
    one: Open,
  ): Promise<RequestResult> => {
    switch (request.kind) {
      case "read":
        return await read(requestId, request.ticker, one);
      case "stream":
        return stream(request);
      case "bars":
        return await options.readBars(requestId, request, one.stop.signal);
      case "probe":
        return await options.probe();
    }
  };
  return {
    hear(requestId, request) {
      const known = open.get(requestId);
      if (known) {
        if (known.progress) say({ type: "progress", requestId, ...known.progress });
        if (known.isFirst) say({ type: "first", requestId });
        if (known.result) say({ type: "result", requestId, outcome: known.result });
        return;
      }
      const one: Open = {
        stop: new AbortController(),
        result: undefined,
        isFirst: false,
        progress: undefined,
      };
      open.set(requestId, one);
      log.info("request.began", `The server asks for ${request.kind}`, {
        requestId,
        ...("ticker" in request && { ticker: request.ticker }),
      });
      answer(requestId, request, one).catch((error: unknown) =>
        failed("ended", error instanceof Error ? error.message : String(error))
      ).then((outcome) => {
        one.result = outcome;
        say({ type: "result", requestId, outcome });
        log.info("request.ended", `What the server asked for is ${outcome.kind}`, {
          requestId,
          ...(outcome.kind === "failed" && { reason: outcome.reason, message: outcome.message }),
        });
        later(KEEP_RESULT_MS, () => open.delete(requestId));
      });
    },
    cancel(requestId) {
      open.get(requestId)?.stop.abort(new Error("Nobody waits for it any more."));
    },
    end() {
      for (const { stop } of open.values()) stop.abort(new Error("The agent is ending."));
      for (const timer of timers) timer.cancel();
    },
  };
}

/** A request that ended in vain. */
export function failed(
  reason: Extract<RequestResult, { kind: "failed" }>["reason"],
  message: string,
): RequestResult {
  return { kind: "failed", reason, message: message.slice(0, MAX_MESSAGE) };
}

function resultOf(outcome: RequestOutcome): RequestResult {
  switch (outcome.kind) {
    case "read": {
      const { contracts, missing, seconds } = outcome;
      return { kind: "done", contracts, missing, seconds };
    }
    case "unknown":
      return failed("unknown", outcome.message);
    case "dry":
      return failed("refused", outcome.message);
    case "lost":
      return failed("lost", outcome.message);
  }
}
