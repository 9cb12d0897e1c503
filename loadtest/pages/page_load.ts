/**
 * Asks for one page over and over and says how that went, as a program of its own:
 *
 *     page_load.ts '{"url": …, "connections": 8, "forMs": 5000, "perSecond": null}'
 *
 * With `perSecond` it asks so often, whenever the answers come, and tells how long each took from
 * when it was due.
 */
import { z } from "zod";

const order = z.object({
  url: z.url(),
  connections: z.number().int(),
  forMs: z.number(),
  perSecond: z.number().nullable(),
});

/** What is asked for. */
export type PageOrder = z.infer<typeof order>;

/** How it went. */
export const pageReport = z.object({
  pages: z.number(),
  tookMs: z.number(),
  p50Ms: z.number(),
  p95Ms: z.number(),
  p99Ms: z.number(),
  /** Of a page as it came, compressed. */
  bytes: z.number(),
});

/** How it went. */
export type PageReport = z.infer<typeof pageReport>;

/** The value that a share of some values does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

/** A connection that asks for one page and reads each answer whole. */
class Connection {
  readonly #connection: Deno.TcpConn;
  readonly #request: Uint8Array;
  readonly #buffer = new Uint8Array(256 * 1024);
  readonly #decoder = new TextDecoder("latin1");
  bytes = 0;

  private constructor(connection: Deno.TcpConn, url: URL) {
    this.#connection = connection;
    this.#request = new TextEncoder().encode(
      `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nAccept-Encoding: gzip\r\n\r\n`,
    );
  }

  static async open(url: URL): Promise<Connection> {
    const connection = await Deno.connect({ hostname: url.hostname, port: Number(url.port) });
    connection.setNoDelay();
    return new Connection(connection, url);
  }

  close(): void {
    this.#connection.close();
  }

  async ask(): Promise<void> {
    for (let sent = 0; sent < this.#request.length;) {
      sent += await this.#connection.write(this.#request.subarray(sent));
    }
    let text = "";
    this.bytes = 0;
    for (;;) {
      const read = await this.#connection.read(this.#buffer);
      if (read === null) throw new Error("The server closed a connection.");
      this.bytes += read;
      const chunk = this.#decoder.decode(this.#buffer.subarray(0, read));
      // The head is in the first part; of the body only its end is looked at.
      if (text === "") {
        if (!chunk.startsWith("HTTP/1.1 200")) throw new Error(chunk.slice(0, 200));
        if (!/transfer-encoding: chunked/i.test(chunk)) {
          throw new Error("The page is not compressed.");
        }
      }
      text = (text + chunk).slice(-16);
      if (text.endsWith("\r\n0\r\n\r\n") || text.endsWith("0\r\n\r\n")) return;
    }
  }
}

async function load({ url, connections, forMs, perSecond }: PageOrder): Promise<PageReport> {
  const tookMs: number[] = [];
  const lines = await Promise.all(
    Array.from({ length: connections }, () => Connection.open(new URL(url))),
  );
  const fromMs = performance.now();
  const untilMs = fromMs + forMs;
  let next = 0;
  await Promise.all(lines.map(async (line) => {
    for (;;) {
      const dueMs = perSecond === null ? performance.now() : fromMs + 1_000 * next++ / perSecond;
      if (dueMs >= untilMs) break;
      const waitMs = dueMs - performance.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      await line.ask();
      tookMs.push(performance.now() - dueMs);
    }
  }));
  const wholeMs = performance.now() - fromMs;
  for (const line of lines) line.close();
  return {
    pages: tookMs.length,
    tookMs: wholeMs,
    p50Ms: quantile(tookMs, 0.5),
    p95Ms: quantile(tookMs, 0.95),
    p99Ms: quantile(tookMs, 0.99),
    bytes: lines[0]?.bytes ?? 0,
  };
}

if (import.meta.main) {
  console.log(JSON.stringify(await load(order.parse(JSON.parse(Deno.args[0] ?? "")))));
}
