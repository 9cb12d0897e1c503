/**
 * Plays a record: a client that asks what was asked then gets what was answered then, each answer as
 * long after its question as in the record.
 */
import { type Clock, sleep, type Timer } from "../../base/clock.ts";
import type { Log } from "../../telemetry/log.ts";
import { ByteQueue, takeFrame } from "../wire/framing.ts";
import { type Handshake, parseHandshake } from "../wire/versions.ts";
import { Conversation, type Reaction } from "./conversation.ts";
import { FIRST_BINARY_VERSION } from "./messages.ts";
import { type RecordedConnection } from "./questions.ts";
import { bodyOf, type RecordedBody, recordedBody } from "./record.ts";
import { type Due, Schedule } from "./schedule.ts";

const READ_BYTES = 1 << 16;
const PREFIX_BYTES = 4;
const ACCEPT_RETRY_MS = 100;

/** What a replay needs. */
export interface RecordReplayOptions {
  /** Where clients come in; closed with the replay. */
  readonly listener: Deno.TcpListener;
  readonly connections: readonly RecordedConnection[];
  /** How many times faster than recorded. */
  readonly speed: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** A running replay. */
export interface RecordReplay {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts to take clients. */
export function startRecordReplay(options: RecordReplayOptions): RecordReplay {
  const { clock, log, listener } = options;
  const choice = new Choice(options.connections);
  const running = new Map<Promise<void>, Player>();
  let closing = false;
  const accepting = (async () => {
    while (!closing) {
      try {
        const player = new Player(await listener.accept(), choice, options);
        const played = player.run();
        running.set(played, player);
        void played.finally(() => running.delete(played));
      } catch (error) {
        // Closing the listener ends the wait with an error; any other is about one connection.
        if (closing) return;
        log.warn("replay.accept_failed", `Cannot take a connection: ${String(error)}`);
        await sleep(clock, ACCEPT_RETRY_MS);
      }
    }
  })();
  return {
    port: listener.addr.port,
    async close() {
      closing = true;
      listener.close();
      await accepting;
      for (const player of running.values()) player.close();
      await Promise.all(running.keys());
    },
  };
}

/** Which recorded connection a client follows: the next of the record, or the next of its ID. */
export class Choice {
  readonly #connections: readonly RecordedConnection[];
  readonly #played = new Map<RecordedConnection, number>();

  constructor(connections: readonly RecordedConnection[]) {
    this.#connections = connections;
  }

  /** The one least often played that speaks a version of the client's; `undefined` for none. */
  atHandshake({ least, greatest }: Handshake): RecordedConnection | undefined {
    return this.#next(({ serverVersion }) =>
      serverVersion === null || (serverVersion >= least && serverVersion <= greatest)
    );
  }

  /** With the client's ID known: another one of the same version, if it is of this ID. */
  atStart(chosen: RecordedConnection, clientId: string): RecordedConnection {
    if (chosen.clientId === clientId) return chosen;
    const before = this.#timesOf(chosen) - 1;
    const better = this.#next((each) =>
      each.clientId === clientId && each.serverVersion === chosen.serverVersion &&
      this.#timesOf(each) <= before
    );
    if (!better) return chosen;
    this.#played.set(chosen, before);
    return better;
  }

  #next(fits: (connection: RecordedConnection) => boolean): RecordedConnection | undefined {
    const fitting = this.#connections.filter(fits);
    const times = Math.min(...fitting.map((each) => this.#timesOf(each)));
    const next = fitting.find((each) => this.#timesOf(each) === times);
    if (next) this.#played.set(next, times + 1);
    return next;
  }

  #timesOf(connection: RecordedConnection): number {
    return this.#played.get(connection) ?? 0;
  }
}

/** Serves one client. */
class Player {
  readonly #socket: Deno.TcpConn;
  readonly #choice: Choice;
  readonly #options: RecordReplayOptions;
  readonly #schedule: Schedule;
  #connection: RecordedConnection | undefined;
  #conversation: Conversation | undefined;
  #wake = Promise.withResolvers<void>();
  #over = false;

  constructor(socket: Deno.TcpConn, choice: Choice, options: RecordReplayOptions) {
    this.#socket = socket;
    this.#choice = choice;
    this.#options = options;
    this.#schedule = new Schedule(options.speed);
  }

  /** Listens and answers until either side ends; never rejects. */
  async run(): Promise<void> {
    const playing = this.#play().catch(() => {/* the client has gone */}).finally(() =>
      this.close()
    );
    await this.#listen().catch((error) => {
      if (!this.#over) this.#options.log.info("replay.lost", `A client was lost: ${String(error)}`);
    });
    this.close();
    await playing;
  }

  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#socket.close();
    this.#wake.resolve();
  }

  async #listen(): Promise<void> {
    this.#socket.setNoDelay();
    const buffer = new Uint8Array(READ_BYTES);
    const queue = new ByteQueue();
    let prefixed = false;
    for (let count = await this.#read(buffer); count > 0; count = await this.#read(buffer)) {
      queue.push(buffer.subarray(0, count));
      if (!prefixed) {
        if (queue.length < PREFIX_BYTES) continue;
        queue.take(PREFIX_BYTES, 0);
        prefixed = true;
      }
      for (let body = takeFrame(queue); body; body = takeFrame(queue)) this.#hear(body);
    }
  }

  /** 0 at the end. */
  async #read(buffer: Uint8Array): Promise<number> {
    return await this.#socket.read(buffer) ?? 0;
  }

  #hear(bytes: Uint8Array): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (!this.#connection) return this.#greet(new TextDecoder().decode(bytes), nowMs);
    const binary = (this.#connection.serverVersion ?? 0) >= FIRST_BINARY_VERSION;
    const body = binary ? { base64: bytes.toBase64() } : recordedBody(bytes);
    if (this.#conversation) return this.#react(this.#conversation.hear(body, nowMs), nowMs);
    const clientId = "fields" in body ? body.fields[2] : undefined;
    if (clientId !== undefined) {
      this.#connection = this.#choice.atStart(this.#connection, clientId);
    }
    this.#conversation = new Conversation(this.#connection);
    this.#react(this.#conversation.start(nowMs), nowMs);
  }

  #greet(handshake: string, nowMs: number): void {
    const asked = parseHandshake(handshake);
    this.#connection = asked && this.#choice.atHandshake(asked);
    if (!this.#connection) {
      const text = `No recorded connection fits a client that asks for '${handshake.slice(0, 60)}'`;
      this.#options.log.warn("replay.no_connection", text);
      return this.close();
    }
    const { answers } = this.#connection.opening;
    this.#schedule.add({ answers, askedMs: nowMs, id: null });
    this.#signal();
  }

  #react({ play, stop, unknown }: Reaction, nowMs: number): void {
    if (stop) this.#schedule.remove(stop);
    if (play) this.#schedule.add(play);
    if (unknown) {
      this.#options.log.warn("replay.unknown_question", unknown.text);
      const answers = [{ afterMs: 0, body: unknown.body }];
      this.#schedule.add({ answers, askedMs: nowMs, id: null });
    }
    this.#signal();
  }

  async #play(): Promise<void> {
    while (!this.#over) {
      const due = this.#schedule.peek();
      const waitMs = due ? due.dueMs - this.#options.clock.monotonicMs() : Infinity;
      if (!due || waitMs > 0) {
        await this.#wakeOrAfter(waitMs);
        continue;
      }
      this.#schedule.take();
      const body = answerBody(due);
      if (body === null) return;
      await this.#write(framed(bodyOf(body)));
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#socket.write(bytes.subarray(at));
  }

  #signal(): void {
    this.#wake.resolve();
  }

  /** Waits so long, or until there is something new to send. */
  async #wakeOrAfter(waitMs: number): Promise<void> {
    const { promise, resolve } = this.#wake;
    let timer: Timer | undefined;
    if (Number.isFinite(waitMs)) timer = this.#options.clock.after(Math.ceil(waitMs), resolve);
    await promise;
    timer?.cancel();
    this.#wake = Promise.withResolvers<void>();
  }
}

/** The answer with the client's own id in it; `null` for the end of the connection. */
function answerBody({ answer, id }: Due): RecordedBody | null {
  if (answer.body === null) return null;
  const { body, idAt } = answer;
  if ("base64" in body || idAt === undefined || id === null) return body;
  return { fields: body.fields.map((field, at) => at === idAt ? id : field) };
}

function framed(body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + body.length);
  new DataView(bytes.buffer).setUint32(0, body.length);
  bytes.set(body, 4);
  return bytes;
}
