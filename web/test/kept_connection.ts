/**
 * One kept HTTP connection on which a request is a single write of bytes made before. `fetch` costs
 * a test that races many writers more than the servers' own work, and so spreads their start.
 */

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What was answered. */
export interface KeptAnswer {
  readonly status: number;
  readonly json: unknown;
}

/** A connection to one server. */
export class KeptConnection {
  readonly #connection: Deno.TcpConn;
  readonly #buffer = new Uint8Array(65_536);
  #filled = 0;

  private constructor(connection: Deno.TcpConn) {
    connection.setNoDelay();
    this.#connection = connection;
  }

  /** Connects. */
  static async open(port: number): Promise<KeptConnection> {
    return new KeptConnection(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  /** Sends a request, as {@link requestBytes} makes it, and reads its answer. */
  async ask(request: Uint8Array): Promise<KeptAnswer> {
    await this.send(request);
    return await this.#answer();
  }

  /** Sends bytes and reads nothing. */
  async send(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length;) {
      sent += await this.#connection.write(bytes.subarray(sent));
    }
  }

  close(): void {
    this.#connection.close();
  }

  async #answer(): Promise<KeptAnswer> {
    for (;;) {
      const text = decoder.decode(this.#buffer.subarray(0, this.#filled));
      const end = text.indexOf("\r\n\r\n");
      if (end >= 0) {
        const head = text.slice(0, end);
        const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? Number.NaN);
        if (!Number.isInteger(length)) throw new Error(`no content-length: ${head}`);
        // What the servers answer here is ASCII: a character is a byte.
        if (text.length >= end + 4 + length) {
          this.#filled = 0;
          const status = Number(head.slice("HTTP/1.1 ".length, "HTTP/1.1 200".length));
          return { status, json: JSON.parse(text.slice(end + 4, end + 4 + length)) };
        }
      }
      const read = await this.#connection.read(this.#buffer.subarray(this.#filled));
      if (read === null) throw new Error("the server closed the connection");
      this.#filled += read;
    }
  }
}

/** The bytes of an ingest request. */
export function requestBytes(
  key: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Uint8Array {
  const bytes = encoder.encode(JSON.stringify(body));
  const head = encoder.encode(
    `POST /api/price-agent/ingest-chain HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${key}\r\n` +
      Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("") +
      `content-type: application/json\r\ncontent-length: ${bytes.length}\r\n\r\n`,
  );
  const request = new Uint8Array(head.length + bytes.length);
  request.set(head);
  request.set(bytes, head.length);
  return request;
}
