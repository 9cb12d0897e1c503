/**
 * The recorder: stands between clients and a gateway, passes every byte on as it came, and writes
 * down what was said. A side that reads slowly slows the other down, as without the recorder.
 */
import { type Clock, sleep } from "../../base/clock.ts";
import type { Log } from "../../telemetry/log.ts";
import { Identities, type Side } from "./identities.ts";
import { createRecordFile } from "./record_file.ts";
import { Tap } from "./tap.ts";

const READ_BYTES = 1 << 16;
/** After a connection that could not be taken, so that a lasting trouble does not spin. */
const ACCEPT_RETRY_MS = 100;

/** Where a gateway is. */
export interface Upstream {
  readonly hostname: string;
  readonly port: number;
}

/** What a recorder needs. */
export interface RecorderOptions {
  /** Where clients come in; closed with the recorder. */
  readonly listener: Deno.TcpListener;
  readonly upstream: Upstream;
  /** The file to write; it must not be there yet. */
  readonly record: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** A running recorder. */
export interface Recorder {
  readonly port: number;
  /** Whether the disk refused a part of the record. */
  readonly failed: boolean;
  /** Ends every connection and the record. */
  close(): Promise<void>;
}

/**
 * Starts the record and takes clients.
 *
 * @throws {Deno.errors.AlreadyExists} when the file is there already.
 */
export async function startRecorder(options: RecorderOptions): Promise<Recorder> {
  const { clock, log, upstream, listener } = options;
  const startMs = clock.monotonicMs();
  const file = await createRecordFile(options.record, clock.realNowMs(), log).catch((error) => {
    listener.close();
    throw error;
  });
  const identities = new Identities();
  const running = new Map<Promise<void>, () => void>();
  let connections = 0;
  let closing = false;

  const serve = (client: Deno.TcpConn): void => {
    const connection = ++connections;
    const tap = new Tap({
      connection,
      identities,
      atMs: () => clock.monotonicMs() - startMs,
    });
    const end = new AbortController();
    const served = passOn({
      client,
      upstream,
      tap,
      write: (lines) => file.append(lines),
      signal: end.signal,
      log: log.with({ connection }),
    });
    running.set(served, () => end.abort(new Error("the recorder ends")));
    void served.finally(() => running.delete(served));
  };

  const accepting = (async () => {
    while (!closing) {
      try {
        serve(await listener.accept());
      } catch (error) {
        // Closing the listener ends the wait with an error; any other is about one connection.
        if (closing) return;
        log.warn("recorder.accept_failed", `Cannot take a connection: ${String(error)}`);
        await sleep(clock, ACCEPT_RETRY_MS);
      }
    }
  })();

  return {
    port: listener.addr.port,
    get failed() {
      return file.failed;
    },
    async close() {
      closing = true;
      listener.close();
      await accepting;
      for (const end of running.values()) end();
      await Promise.all(running.keys());
      await file.close();
    },
  };
}

interface Pair {
  readonly client: Deno.TcpConn;
  readonly upstream: Upstream;
  readonly tap: Tap;
  readonly write: (lines: string) => Promise<void>;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** Passes on in both directions until both sides have ended; never rejects. */
async function passOn({ client, upstream, tap, write, signal, log }: Pair): Promise<void> {
  await write(tap.opened());
  let gateway: Deno.TcpConn;
  try {
    gateway = await Deno.connect({ ...upstream, signal });
  } catch (error) {
    const where = `${upstream.hostname}:${upstream.port}`;
    log.warn("recorder.no_gateway", `Cannot connect to the gateway at ${where}: ${text(error)}`);
    // The address stays out of the record, and the system's sentence may name it.
    await write(tap.failed("gateway", "cannot be connected to"));
    client.close();
    return;
  }
  log.info("recorder.connected", "A client is connected through to the gateway");
  const closeBoth = (): void => {
    for (const socket of [client, gateway]) {
      try {
        socket.close();
      } catch (error) {
        if (!(error instanceof Deno.errors.BadResource)) throw error;
      }
    }
  };
  signal.addEventListener("abort", closeBoth, { once: true });
  const oneWay = async (from: Side, source: Deno.TcpConn, target: Deno.TcpConn): Promise<void> => {
    // Each message goes on at once: waiting for more would change the times that are recorded.
    source.setNoDelay();
    const buffer = new Uint8Array(READ_BYTES);
    try {
      for (;;) {
        const count = await source.read(buffer);
        if (count === null) break;
        const bytes = buffer.subarray(0, count);
        const lines = tap.bytes(from, bytes);
        if (lines !== "") await write(lines);
        if (!await writeAll(target, bytes)) return;
      }
      await write(tap.ended(from));
      await target.closeWrite().catch(() => {/* it has ended as well */});
    } catch (error) {
      if (signal.aborted) return;
      // A reset: the other side is told by the end of its connection, at once.
      await write(tap.failed(from, `the connection was lost (${name(error)})`));
      closeBoth();
    }
  };
  await Promise.all([oneWay("client", client, gateway), oneWay("gateway", gateway, client)]);
  signal.removeEventListener("abort", closeBoth);
  closeBoth();
  log.info("recorder.disconnected", "A client's connection has ended");
}

/**
 * Whether all could be written. Where not, the target is gone, which the other direction hears by
 * itself after what is still to be read from it.
 */
async function writeAll(target: Deno.TcpConn, bytes: Uint8Array): Promise<boolean> {
  try {
    for (let at = 0; at < bytes.length;) at += await target.write(bytes.subarray(at));
    return true;
  } catch {
    return false;
  }
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function name(error: unknown): string {
  return error instanceof Error ? error.name : "unknown";
}
