/** One client's connection: handshake, startApi, then messages until it ends. */
import { sleep } from "../../base/clock.ts";
import type { Log } from "../../telemetry/log.ts";
import { faultySink } from "../faults/faulty_sink.ts";
import { FieldError, FieldReader } from "../wire/fields.ts";
import { ByteQueue, takeFrame } from "../wire/framing.ts";
import {
  errorMessage,
  handshakeAnswer,
  managedAccounts,
  nextValidId,
} from "../wire/responses/session.ts";
import { agreeOnVersion, parseHandshake } from "../wire/versions.ts";
import { DEFAULT_ZONE, ibTime } from "./ib_time.ts";
import type { ClientLines } from "./lines.ts";
import { arrivalMs, type MessageRate, messageRate } from "./message_rate.ts";
import { Outbox } from "./outbox.ts";
import type { GatewayContext, Handler, Session, Subject } from "./session.ts";
import { SUBJECTS } from "./subjects.ts";

const READ_BYTES = 1 << 16;
/** What every client sends first, before its first frame. */
const PREFIX = "API\0";
/** TWS closes a refused connection about this long after saying why. */
const CLOSE_AFTER_MS = 700;
const START_API = 71;
/** A gateway that reads slowly reads a little so often. */
const SLOW_READ_EVERY_MS = 100;

/** What a connection is given. */
export interface ConnectionOptions {
  readonly socket: Deno.TcpConn;
  readonly gateway: GatewayContext;
  readonly log: Log;
  readonly lines: ClientLines;
  /** The greatest server version to announce. */
  readonly versionCap: number;
  /** Messages per second; 0 is without limit. */
  readonly messageLimit: number;
  /** Takes the client id for this connection; `false` when another has it. */
  readonly claimClientId: (clientId: number) => boolean;
  /** Called once, at the moment of the end, with the lines that the client held. */
  readonly onClosed: (linesHeld: number) => void;
}

/** Where a connection stands. */
type Stage = "prefix" | "handshake" | "startApi" | "open" | "closing";

/** What is known of a connection, for the control API. */
export interface ConnectionState {
  readonly clientId: number | null;
  readonly serverVersion: number | null;
  readonly stage: Stage;
  readonly remotePort: number;
  /** Domain time. */
  readonly sinceMs: number;
  /** It is not answered, as a fault says. */
  readonly deaf: boolean;
  readonly lines: number;
  readonly messages: {
    readonly total: number;
    readonly lastSecond: number;
    readonly peakPerSecond: number;
  };
  /** How many errors and notices were sent, by code. */
  readonly errors: Readonly<Record<string, number>>;
}

/** Serves one client. */
export class Connection implements Session {
  readonly gateway: GatewayContext;
  readonly lines: ClientLines;
  readonly #options: ConnectionOptions;
  readonly #outbox: Outbox;
  readonly #rate: MessageRate;
  readonly #received = new ByteQueue();
  readonly #ended = new AbortController();
  readonly #errors = new Map<number, number>();
  #log: Log;
  #stage: Stage = "prefix";
  #serverVersion: number | null = null;
  #clientId: number | null = null;
  #paced = false;
  #deaf = false;
  readonly #sinceMs: number;
  #subjects: readonly Subject[] = [];
  #handlers: ReadonlyMap<number, Handler> = new Map();

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.gateway = options.gateway;
    this.lines = options.lines;
    this.#log = options.log;
    const { clock } = options.gateway;
    this.#sinceMs = clock.nowMs();
    this.#rate = messageRate(options.messageLimit, () => clock.monotonicMs());
    const { faults } = options.gateway;
    const sink = faultySink(options.socket, { faults, clock, clientId: () => this.#clientId });
    this.#outbox = new Outbox(sink, {
      onDrain: () => {
        for (const subject of this.#subjects) subject.drained?.();
      },
      onFailure: (error) => this.close(`cannot write: ${messageOf(error)}`),
    });
  }

  get serverVersion(): number {
    if (this.#serverVersion === null) throw new Error("asked for before the handshake");
    return this.#serverVersion;
  }

  get clientId(): number {
    if (this.#clientId === null) throw new Error("asked for before startApi");
    return this.#clientId;
  }

  get congested(): boolean {
    return this.#outbox.congested;
  }

  get state(): ConnectionState {
    const { remoteAddr } = this.#options.socket;
    return {
      clientId: this.#clientId,
      serverVersion: this.#serverVersion,
      stage: this.#stage,
      remotePort: remoteAddr.port,
      sinceMs: this.#sinceMs,
      deaf: this.#deaf,
      lines: this.lines.used,
      messages: {
        total: this.#rate.total,
        lastSecond: this.#rate.current,
        peakPerSecond: this.#rate.peak,
      },
      errors: Object.fromEntries(this.#errors),
    };
  }

  send(body: string): void {
    if (!this.#deaf) this.#outbox.send(body);
  }

  /** From now on nothing is answered, whatever comes; only its end helps a client. */
  deafen(): void {
    this.#deaf = true;
  }

  fail(reqId: number, code: number, text: string): void {
    this.gateway.violations.noteError(this.#clientId, code, text);
    this.inject(reqId, code, text);
  }

  inject(reqId: number, code: number, text: string): void {
    this.#errors.set(code, (this.#errors.get(code) ?? 0) + 1);
    this.send(errorMessage({ reqId, code, text }));
  }

  /** Reads and answers until either side ends; never rejects. */
  async run(): Promise<void> {
    const buffer = new Uint8Array(READ_BYTES);
    const { socket } = this.#options;
    try {
      // The outbox gathers what belongs together; waiting for more would only delay ticks.
      socket.setNoDelay();
      let beforeMs = this.gateway.clock.monotonicMs();
      for (;;) {
        const count = await socket.read(await this.#mayRead(buffer));
        if (count === null) break;
        const nowMs = this.gateway.clock.monotonicMs();
        // What a refused client still sends is dropped: it would be answered by nothing.
        if (this.#stage === "closing" || this.#deaf) continue;
        this.#received.push(buffer.subarray(0, count));
        await this.#consume((bytesLeft) => arrivalMs({ beforeMs, nowMs }, bytesLeft / count));
        beforeMs = nowMs;
      }
      this.#left("the client ended");
    } catch (error) {
      // A socket that was closed here, a reset by the client, a frame that is none: all end it.
      this.#left(messageOf(error));
    }
  }

  /** Where to read to: where a fault has the gateway read slowly, into little, now and then. */
  async #mayRead(buffer: Uint8Array): Promise<Uint8Array> {
    const { faults, clock } = this.gateway;
    const slow = faults.strikes("slow_reader", this.#clientId);
    if (!slow) return buffer;
    await sleep(clock, SLOW_READ_EVERY_MS, this.#ended.signal);
    return buffer.subarray(0, Math.max(1, slow.bytesPerSecond * SLOW_READ_EVERY_MS / 1_000));
  }

  /** The client went, or its socket did. */
  #left(why: string): void {
    // One that nobody hears cannot cancel.
    if (!this.#ended.signal.aborted && this.lines.used > 0 && !this.#deaf) {
      const text = `left with ${this.lines.used} market-data lines open`;
      this.gateway.violations.note(this.#clientId, "leaked_lines", text);
    }
    this.close(why);
  }

  /** Ends the connection at once and frees what it holds. May be called any number of times. */
  close(why: string): void {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort();
    this.#stage = "closing";
    const linesHeld = this.lines.used;
    for (const subject of this.#subjects) subject.close?.();
    this.#options.onClosed(linesHeld);
    this.#options.socket.close();
    this.#log.info("gateway.connection_ended", `Connection ended: ${why}`);
  }

  /** Lets what was said reach the client, then ends. */
  closeSoon(why: string): void {
    this.#stage = "closing";
    const { clock } = this.gateway;
    const timer = clock.after(CLOSE_AFTER_MS, () => this.close(why));
    this.#ended.signal.addEventListener("abort", () => timer.cancel(), { once: true });
  }

  /** @param arrivedMs When the message came that so many bytes follow. */
  async #consume(arrivedMs: (bytesLeft: number) => number): Promise<void> {
    if (this.#stage === "prefix" && !this.#takePrefix()) return;
    for (;;) {
      if (this.#stage === "closing") return;
      const body = takeFrame(this.#received);
      if (body === undefined) return;
      if (this.#paced) await this.#pace();
      this.#take(body, this.#paced ? undefined : arrivedMs(this.#received.length));
      if (this.#outbox.congested) await this.#outbox.whenIdle();
    }
  }

  /** Takes the prefix off as soon as it is whole; ends the connection at the first other byte. */
  #takePrefix(): boolean {
    for (let index = 0; index < Math.min(PREFIX.length, this.#received.length); index++) {
      if (this.#received.at(index) !== PREFIX.charCodeAt(index)) {
        this.gateway.violations.note(null, "no_tws", "did not begin with 'API'");
        this.close("the client does not speak the TWS API: it did not begin with 'API'");
        return false;
      }
    }
    if (this.#received.length < PREFIX.length) return false;
    this.#received.take(0, PREFIX.length);
    this.#stage = "handshake";
    return true;
  }

  /** Waits as long as a client that connected with `+PACEAPI` must be held back. */
  async #pace(): Promise<void> {
    for (let waitMs = this.#rate.waitMs(); waitMs > 0; waitMs = this.#rate.waitMs()) {
      await sleep(this.gateway.clock, waitMs, this.#ended.signal);
    }
  }

  #take(body: Uint8Array, arrivedMs: number | undefined): void {
    if (this.#stage === "handshake") return this.#handshake(new TextDecoder().decode(body));
    const admission = this.#rate.admit(arrivedMs);
    const limit = this.#options.messageLimit;
    const falseWarning = this.gateway.faults.strikes("rate_warning", this.#clientId);
    if (admission === "warn" || (admission === "accept" && falseWarning)) {
      const text = `Approaching max rate of ${limit} messages per second (${this.#rate.current})`;
      this.fail(0, 0, `Warning: ${text}`);
    } else if (admission !== "accept") {
      const counted = `max=${limit} rec=${this.#rate.current}`;
      this.fail(-1, 100, `Max rate of messages per second has been exceeded:${counted}`);
      if (admission === "close") this.closeSoon(`more than ${limit} messages per second`);
      return;
    }
    this.#answer(new FieldReader(body));
  }

  #handshake(text: string): void {
    const asked = parseHandshake(text);
    const version = asked && agreeOnVersion(asked, this.#options.versionCap);
    if (asked === undefined || version === undefined) {
      return this.close(`no common version: the client asked for '${text.slice(0, 60)}'`);
    }
    this.#serverVersion = version;
    this.#paced = asked.connectOptions.includes("PACEAPI");
    this.#stage = "startApi";
    this.send(handshakeAnswer(version, ibTime(this.gateway.clock.nowMs(), DEFAULT_ZONE)));
  }

  #answer(reader: FieldReader): void {
    try {
      const id = reader.required("message id");
      if (this.#stage === "startApi") return this.#startApi(id, reader);
      const handler = this.#handlers.get(id);
      if (handler) handler(reader);
      else this.fail(-1, 320, `Error reading request. Unknown message id ${id}`);
    } catch (error) {
      const reqId = reader.requestId ?? -1;
      if (error instanceof FieldError) {
        return this.fail(reqId, 320, `Error reading request. ${error.message}`);
      }
      this.#log.error("gateway.request_failed", `A request failed: ${messageOf(error)}`, {
        stack: error instanceof Error ? error.stack : undefined,
      });
      this.fail(reqId, 322, `Error processing request. ${messageOf(error)}`);
    }
  }

  #startApi(id: number, reader: FieldReader): void {
    if (id !== START_API) {
      this.gateway.violations.note(null, "too_early", `message ${id} came before startApi`);
      return this.fail(-1, 320, `Error reading request. Message id ${id} came before startApi`);
    }
    reader.integer("version");
    const clientId = reader.required("clientId");
    this.#log = this.#log.with({ clientId });
    if (!this.#options.claimClientId(clientId)) {
      this.fail(
        -1,
        326,
        "Unable to connect as the client id is already in use. Retry with a unique client id.",
      );
      return this.closeSoon(`client id ${clientId} is in use`);
    }
    this.#clientId = clientId;
    this.#subjects = SUBJECTS.map((make) => make(this));
    this.#handlers = new Map(this.#subjects.flatMap((subject) => [...subject.handlers]));
    this.#stage = "open";
    this.#log.info("gateway.client_connected", `Client ${clientId} connected`, {
      serverVersion: this.serverVersion,
    });
    const deaf = this.gateway.faults.strikes("deaf", clientId, ({ from }) => from === "handshake");
    this.send(managedAccounts(this.gateway.accounts));
    this.send(nextValidId(this.gateway.desk.nextOrderId(clientId)));
    for (const { code, text } of this.gateway.farms.standing()) this.inject(-1, code, text);
    for (const subject of this.#subjects) subject.opened?.();
    if (deaf) this.deafen();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
