/** An agent's side of a session, for tests. */
import {
  type AgentMessageText,
  type SessionServerMessage,
  sessionServerMessage,
} from "../../options/wire/session.ts";

// Deno's WebSocket takes headers; the browser's type of it, which the pages need, does not say so.
const SocketWithHeaders = WebSocket as unknown as new (
  url: string,
  options: { readonly headers: Readonly<Record<string, string>> },
) => WebSocket;

/** How a session ended. */
export interface SessionEnd {
  readonly code: number;
  readonly reason: string;
}

/** An open session. */
export class SessionClient {
  readonly #socket: WebSocket;
  readonly #messages: SessionServerMessage[] = [];
  #wake: () => void = () => {};
  /** Resolves when the session ends. */
  readonly ended: Promise<SessionEnd>;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    const ended = Promise.withResolvers<SessionEnd>();
    this.ended = ended.promise;
    socket.onmessage = (event) => {
      this.#messages.push(sessionServerMessage.parse(JSON.parse(event.data)));
      this.#wake();
    };
    socket.onclose = ({ code, reason }) => {
      ended.resolve({ code, reason });
      this.#wake();
    };
  }

  /** Opens a line; rejects where the server refuses it. */
  static async open(server: { readonly url: string }, key: string): Promise<SessionClient> {
    const url = `${server.url.replace("http", "ws")}/api/price-agent/session`;
    const socket = new SocketWithHeaders(url, { headers: { authorization: `Bearer ${key}` } });
    const client = new SessionClient(socket);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = () => reject(new Error("the session was refused"));
    });
    return client;
  }

  /** Opens a line and says hello. */
  static async greet(
    server: { readonly url: string },
    key: string,
    agentId: string,
  ): Promise<SessionClient> {
    const client = await SessionClient.open(server, key);
    await client.ask({ type: "hello", agentId });
    return client;
  }

  /** Says something and gives what is answered. */
  async ask(message: AgentMessageText): Promise<SessionServerMessage> {
    this.say(JSON.stringify(message));
    return await this.next();
  }

  /** Sends anything. */
  say(data: string | Uint8Array<ArrayBuffer>): void {
    this.#socket.send(data);
  }

  /** The next message; rejects where the session ends before one comes. */
  async next(): Promise<SessionServerMessage> {
    for (;;) {
      const message = this.#messages.shift();
      if (message) return message;
      if (this.#socket.readyState !== WebSocket.OPEN) {
        throw new Error(`ended: ${JSON.stringify(await this.ended)}`);
      }
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  async close(): Promise<void> {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.close();
    await this.ended;
  }
}
