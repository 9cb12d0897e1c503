/** The gateway's door: listens on one port, and can be shut and opened again on the same. */
import { type Clock, sleep } from "../../base/clock.ts";
import type { Log } from "../../telemetry/log.ts";

/** After a connection that could not be taken, so that a lasting trouble does not spin. */
const ACCEPT_RETRY_MS = 100;

/** What a door needs. */
export interface DoorOptions {
  readonly hostname: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly onConnection: (socket: Deno.TcpConn) => void;
}

/** A port that is listened on. */
export class Door {
  readonly port: number;
  readonly #options: DoorOptions;
  #listener: Deno.TcpListener | undefined;
  #accepting: Promise<void> = Promise.resolve();
  /** How many want it shut. */
  #shut = 0;
  #isClosed = false;

  /** @throws {Deno.errors.AddrInUse} when another program has the port. */
  constructor(options: DoorOptions) {
    this.#options = options;
    const { hostname, port } = options;
    const listener = Deno.listen({ hostname, port });
    this.port = listener.addr.port;
    this.#accept(listener);
  }

  /** Listens no more, until what it returns is called. Who connects is refused by the system. */
  shut(): () => void {
    this.#shut++;
    this.#stopListening();
    let isShut = true;
    return () => {
      if (!isShut) return;
      isShut = false;
      if (--this.#shut === 0 && !this.#isClosed) this.#open();
    };
  }

  /** Closes it for good. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopListening();
    await this.#accepting;
  }

  #stopListening(): void {
    this.#listener?.close();
    this.#listener = undefined;
  }

  #open(): void {
    const { hostname, log, clock } = this.#options;
    try {
      this.#accept(Deno.listen({ hostname, port: this.port }));
    } catch (error) {
      // Another program took the port meanwhile: it may give it back.
      log.warn("gateway.not_listening", `Cannot listen on ${this.port} again: ${String(error)}`);
      clock.after(1_000, () => {
        if (this.#shut === 0 && !this.#isClosed && !this.#listener) this.#open();
      });
    }
  }

  #accept(listener: Deno.TcpListener): void {
    const { clock, log, onConnection } = this.#options;
    this.#listener = listener;
    this.#accepting = this.#accepting.then(async () => {
      while (this.#listener === listener) {
        try {
          onConnection(await listener.accept());
        } catch (error) {
          // Closing the listener ends the wait with an error. Any other one is about a single
          // connection (reset before it was taken, too many open files): the next may succeed.
          if (this.#listener !== listener) return;
          log.warn("gateway.accept_failed", `Cannot take a connection: ${String(error)}`);
          await sleep(clock, ACCEPT_RETRY_MS);
        }
      }
    });
  }
}
