/** A page that stops reading: a WebSocket by hand, since a real one always reads. */
import type { ServerMessage } from "../../options/wire/live.ts";
import { serverMessage } from "../../options/wire/live.ts";

/** A line whose bytes are read only when the test says so. */
export class SlowReader {
  readonly #connection: Deno.TcpConn;
  #bytes: Uint8Array = new Uint8Array();

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  /** Opens a line and says one thing. */
  static async open(port: number, message: unknown): Promise<SlowReader> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const reader = new SlowReader(connection);
    await reader.#write(new TextEncoder().encode(
      `GET /api/live HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\n` +
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    ));
    await reader.#head();
    await reader.#write(frame(JSON.stringify(message)));
    return reader;
  }

  /** Reads one message. */
  async next(): Promise<ServerMessage> {
    for (;;) {
      const [first = 0, second = 0] = await this.#take(2);
      const short = second & 0x7f;
      const wide = short === 126
        ? await this.#take(2)
        : short === 127
        ? await this.#take(8)
        : undefined;
      const length = wide ? wide.reduce((sum, byte) => sum * 256 + byte, 0) : short;
      const payload = await this.#take(length);
      const isText = (first & 0x0f) === 1; // RFC 6455, section 5.2
      if (isText) return serverMessage.parse(JSON.parse(new TextDecoder().decode(payload)));
    }
  }

  close(): void {
    this.#connection.close();
  }

  async #head(): Promise<void> {
    let text = "";
    while (!text.endsWith("\r\n\r\n")) text += String.fromCharCode(...await this.#take(1));
    if (!text.startsWith("HTTP/1.1 101")) throw new Error(text);
  }

  async #take(count: number): Promise<Uint8Array> {
    while (this.#bytes.length < count) {
      const buffer = new Uint8Array(Math.max(65_536, count - this.#bytes.length));
      const read = await this.#connection.read(buffer);
      if (read === null) throw new Error("the server closed the line");
      const joined = new Uint8Array(this.#bytes.length + read);
      joined.set(this.#bytes);
      joined.set(buffer.subarray(0, read), this.#bytes.length);
      this.#bytes = joined;
    }
    const taken = this.#bytes.subarray(0, count);
    this.#bytes = this.#bytes.subarray(count);
    return taken;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length;) {
      sent += await this.#connection.write(bytes.subarray(sent));
    }
  }
}

/** A short text frame, masked with zeros (RFC 6455, section 5.3). */
function frame(text: string): Uint8Array {
  const payload = new TextEncoder().encode(text);
  if (payload.length > 125) throw new RangeError("only short messages are written here");
  return new Uint8Array([0x81, 0x80 | payload.length, 0, 0, 0, 0, ...payload]);
}
