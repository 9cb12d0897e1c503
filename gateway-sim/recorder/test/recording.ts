/** A recorder before a gateway, and a replay of what it wrote, for one test. */
import { strict as assert } from "node:assert";
import { systemClock } from "../../../base/clock.ts";
import { silentLog } from "../../../telemetry/log.ts";
import { ByteQueue, frame, takeFrame } from "../../wire/framing.ts";
import { type Recorder, startRecorder } from "../pass_through.ts";
import { connectionsOf } from "../questions.ts";
import { readRecord, type RecordLine } from "../record.ts";
import { type RecordReplay, startRecordReplay } from "../replay.ts";

/** A recorder and its file. */
export interface Recording {
  readonly recorder: Recorder;
  readonly path: string;
  /** Ends the recorder and reads what it wrote. */
  finish(): Promise<readonly RecordLine[]>;
}

/** A port of this machine, to listen on or to connect to. */
export function local(port: number): { readonly hostname: string; readonly port: number } {
  return { hostname: "127.0.0.1", port };
}

/** Runs `work` with a recorder before the gateway at `port`. */
export async function withRecorder(
  port: number,
  work: (recording: Recording) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "lastmark-recorder-" });
  const path = `${folder}/gateway.jsonl`;
  const recorder = await startRecorder({
    listener: Deno.listen(local(0)),
    upstream: local(port),
    record: path,
    clock: systemClock(),
    log: silentLog,
  });
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => closed ??= recorder.close();
  try {
    await work({
      recorder,
      path,
      async finish() {
        await close();
        assert.ok(!recorder.failed);
        const { lines, truncated } = await readRecord(path);
        assert.ok(!truncated);
        return lines;
      },
    });
  } finally {
    await close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs `work` with a replay of the lines; `warnings` are its log. */
export async function withReplay(
  lines: readonly RecordLine[],
  work: (replay: RecordReplay) => Promise<void>,
  options: { readonly speed?: number } = {},
): Promise<void> {
  const replay = startRecordReplay({
    listener: Deno.listen(local(0)),
    connections: connectionsOf(lines),
    speed: options.speed ?? 100,
    clock: systemClock(),
    log: silentLog,
  });
  try {
    await work(replay);
  } finally {
    await replay.close();
  }
}

/** The gateway's side of one connection, played by a test. */
export class ScriptedGateway {
  readonly #socket: Deno.TcpConn;
  readonly #queue = new ByteQueue();
  #prefixed = false;

  constructor(socket: Deno.TcpConn) {
    this.#socket = socket;
  }

  /** The next message of the client, the handshake first. */
  async next(): Promise<string> {
    const buffer = new Uint8Array(1 << 16);
    for (;;) {
      if (!this.#prefixed && this.#queue.length >= 4) {
        this.#queue.take(4, 0);
        this.#prefixed = true;
      }
      const body = this.#prefixed ? takeFrame(this.#queue) : undefined;
      if (body) return new TextDecoder().decode(body);
      const count = await this.#socket.read(buffer);
      if (count === null) throw new Error("the client ended");
      this.#queue.push(buffer.subarray(0, count));
    }
  }

  async say(body: string): Promise<void> {
    const bytes = frame(body);
    for (let at = 0; at < bytes.length;) at += await this.#socket.write(bytes.subarray(at));
  }

  close(): void {
    this.#socket.close();
  }
}
