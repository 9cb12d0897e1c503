/**
 * The load generator, a program of its own: sends the requests of a pool over kept connections, one
 * at a time on each, and prints what came of it as one line of JSON. Its argument is a
 * {@link LoadOrder} as JSON.
 */
import process from "node:process";
import { z } from "zod";
import { type Pool, type PooledRequest, readPool, renew } from "./pool.ts";

const order = z.object({
  port: z.number(),
  pool: z.string(),
  connections: z.number(),
  /** Told apart from all other runs, for the idempotency keys. */
  run: z.string(),
  /** No request is begun later than this; those that were are waited for. */
  beginForMs: z.number(),
});

/** What the generator is to do. */
export type LoadOrder = z.infer<typeof order>;

/** What it found. */
export const loadReport = z.object({
  /** Requests answered 200. */
  answered: z.number(),
  /** From the first request to the last answer. */
  tookMs: z.number(),
  /** Milliseconds from sending to the answer: half took less. */
  medianMs: z.number(),
  /** Of one core. */
  cpuShare: z.number(),
  /** Answers 503, "come again", as a server may give whose database is slow. */
  busy: z.number(),
  /** The first answer that was neither. */
  refusal: z.string().nullable(),
});

/** What the generator found. */
export type LoadReport = z.infer<typeof loadReport>;

/** What the connections share. */
interface Run {
  readonly order: LoadOrder;
  readonly untilMs: number;
  readonly answeredInMs: number[];
  sent: number;
  busy: number;
  refusal: string | null;
}

async function load(given: LoadOrder): Promise<LoadReport> {
  const pool = await readPool(given.pool);
  const lanes = lanesOf(pool, given.connections);
  const before = process.cpuUsage();
  const fromMs = performance.now();
  const untilMs = fromMs + given.beginForMs;
  const run: Run = { order: given, untilMs, answeredInMs: [], sent: 0, busy: 0, refusal: null };
  await Promise.all(lanes.map((requests) => drive(run, pool, requests)));
  const tookMs = performance.now() - fromMs;
  const { user, system } = process.cpuUsage(before);
  const answeredInMs = run.answeredInMs.toSorted((a, b) => a - b);
  return {
    answered: answeredInMs.length,
    tookMs,
    medianMs: answeredInMs[answeredInMs.length >> 1] ?? 0,
    cpuShare: (user + system) / 1000 / tookMs,
    busy: run.busy,
    refusal: run.refusal,
  };
}

/** The requests by connection: one ticker is always sent on the same, as one agent would. */
function lanesOf(pool: Pool, connections: number): PooledRequest[][] {
  const tickers = [...new Set(pool.requests.map(({ ticker }) => ticker))];
  const byTicker = new Map(tickers.map((ticker, i) => [ticker, i % connections]));
  const lanes = Array.from({ length: connections }, (): PooledRequest[] => []);
  for (const request of pool.requests) lanes[byTicker.get(request.ticker) ?? 0]?.push(request);
  return lanes.filter((lane) => lane.length > 0).map(mixed);
}

/** The reads of a lane's tickers in turn. */
function mixed(lane: readonly PooledRequest[]): PooledRequest[] {
  const byTicker = Map.groupBy(lane, ({ ticker }) => ticker);
  const most = Math.max(...[...byTicker.values()].map((reads) => reads.length));
  return Array.from({ length: most }, (_, i) => i)
    .flatMap((i) => [...byTicker.values()].flatMap((reads) => reads[i] ?? []));
}

async function drive(run: Run, pool: Pool, requests: readonly PooledRequest[]): Promise<void> {
  let next = 0;
  while (run.refusal === null && performance.now() < run.untilMs) {
    next = await driveConnection(run, pool, { requests, next });
  }
}

/** Sends requests until the time is over or the server wants no more on this connection. */
async function driveConnection(
  run: Run,
  pool: Pool,
  { requests, next }: { readonly requests: readonly PooledRequest[]; readonly next: number },
): Promise<number> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: run.order.port });
  connection.setNoDelay();
  const answers = new Answers(connection);
  for (let i = next;; i = (i + 1) % requests.length) {
    const beganMs = performance.now();
    const request = requests[i];
    if (!request || run.refusal !== null || beganMs >= run.untilMs) return i;
    const bytes = pool.bytes.subarray(request.start, request.end);
    renew(bytes, request, `${run.order.run}-${run.sent++}`);
    for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
    const answer = await answers.next();
    if (answer.startsWith("HTTP/1.1 200 ")) run.answeredInMs.push(performance.now() - beganMs);
    else if (answer.startsWith("HTTP/1.1 503 ")) run.busy++;
    else run.refusal ??= answer;
    if (/^connection: close/im.test(answer)) return i;
  }
}

/** Reads the answers of a connection; each must say its length. */
class Answers {
  readonly #connection: Deno.Conn;
  readonly #buffer = new Uint8Array(65_536);
  readonly #decoder = new TextDecoder("latin1");

  constructor(connection: Deno.Conn) {
    this.#connection = connection;
  }

  async next(): Promise<string> {
    let text = "";
    for (;;) {
      const read = await this.#connection.read(this.#buffer);
      if (read === null) {
        throw new Error(`the server closed a connection after ${text.slice(0, 200)}`);
      }
      text += this.#decoder.decode(this.#buffer.subarray(0, read));
      const headEnd = text.indexOf("\r\n\r\n");
      if (headEnd < 0) continue;
      const length = /^content-length: (\d+)/im.exec(text)?.[1];
      if (length === undefined) throw new Error(`an answer does not say its length: ${text}`);
      if (text.length >= headEnd + 4 + Number(length)) return text;
    }
  }
}

if (import.meta.main) {
  console.log(JSON.stringify(await load(order.parse(JSON.parse(Deno.args[0] ?? "")))));
}
