/** The recorder and the replay of a record, as the gateway's command line runs them. */
import { systemClock } from "../../base/clock.ts";
import type { Log } from "../../telemetry/log.ts";
import { listen } from "../serve.ts";
import type { Settings } from "../settings.ts";
import { startRecorder, type Upstream } from "./pass_through.ts";
import { connectionsOf } from "./questions.ts";
import { readRecord, RecordError } from "./record.ts";
import { startRecordReplay } from "./replay.ts";

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** Records until the signal aborts; the exit code is 1 when the disk refused a part. */
export async function recordUntil(
  end: AbortSignal,
  settings: Settings & { readonly record: string; readonly upstream: Upstream },
  log: Log,
): Promise<number> {
  const { host, port, record, upstream } = settings;
  const listener = listen("--port", host, port, () => Deno.listen({ hostname: host, port }));
  const recorder = await startRecorder({ listener, upstream, record, clock: systemClock(), log });
  log.info("gateway.listening", `The recorder listens on ${host}:${recorder.port}`, {
    port: recorder.port,
    market: "upstream",
    upstream: `${upstream.hostname}:${upstream.port}`,
    record,
  });
  await aborted(end);
  await recorder.close();
  return recorder.failed ? 1 : 0;
}

/** Plays a record until the signal aborts. */
export async function replayUntil(
  end: AbortSignal,
  settings: Settings & { readonly replayRecord: string },
  log: Log,
): Promise<number> {
  const { host, port, replayRecord, speed = 1 } = settings;
  const { lines, truncated } = await readRecord(replayRecord);
  if (truncated) {
    log.warn("replay.truncated", `The last line of ${replayRecord} is cut off and was left out`);
  }
  const connections = connectionsOf(lines);
  if (connections.length === 0) throw new RecordError(`${replayRecord} has no connection in it`);
  const listener = listen("--port", host, port, () => Deno.listen({ hostname: host, port }));
  const replay = startRecordReplay({ listener, connections, speed, clock: systemClock(), log });
  log.info("gateway.listening", `The replay of ${replayRecord} listens on ${host}:${replay.port}`, {
    port: replay.port,
    market: "record",
    connections: connections.length,
  });
  await aborted(end);
  await replay.close();
  return 0;
}
