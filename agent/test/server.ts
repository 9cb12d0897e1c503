/** A tiny HTTP server that stands for Lastmark's and keeps what it was sent. */
import { gunzipSync } from "node:zlib";
import { z } from "zod";

const value = z.union([z.string(), z.number()]).nullable();

/** The columns of a body, as one object a contract. */
const columns = z.looseObject({ symbol: z.array(z.string()) }).transform((columns) => {
  const rest = z.record(z.string(), z.union([value, z.array(value)])).parse(columns);
  return columns.symbol.map((symbol, i) => {
    const valueOf = (of: typeof rest[string]) => Array.isArray(of) ? of[i] ?? null : of;
    const fields = Object.entries(rest).map(([field, of]) => [field, valueOf(of)]);
    const row: Record<string, unknown> & { symbol: string } = { symbol };
    return Object.assign(row, Object.fromEntries(fields));
  });
});

const body = z.object({
  ticker: z.string(),
  agentId: z.string(),
  agentTimestamp: z.string(),
  sentAt: z.string(),
  mode: z.enum(["snapshot", "update"]),
  spotPrice: z.number().nullable(),
  columns,
  missing: z.array(z.object({ contract: z.string(), reason: z.string() })).optional(),
});

/** A body as the agent sent it. */
export type PostedBody = z.infer<typeof body>;

/** One request that came in. */
export interface Posted {
  readonly headers: Headers;
  readonly text: string;
  readonly body: PostedBody;
}

/** A server that answers as told. */
export interface TestServer extends AsyncDisposable {
  readonly url: URL;
  readonly posted: readonly Posted[];
  /** Resolves when a request comes in that the filter fits, also one that came before. */
  received(fits: (posted: Posted) => boolean): Promise<Posted>;
}

/** The 200 of a batch. */
export function confirm(posted: Posted): Response {
  return Response.json({
    success: true,
    dealId: "7",
    snapshotId: "s-1",
    contractsReceived: posted.body.columns.length,
    serverReceivedAt: new Date().toISOString(),
  });
}

const NOTHING = { tickers: [] };

/** Starts a server on a free port; `answer` decides on each batch. */
export function startServer(
  answer: (posted: Posted) => Response | Promise<Response> = confirm,
  wanted: { readonly tickers: readonly unknown[]; readonly clockOffsetMs?: number } = NOTHING,
): TestServer {
  const posted: Posted[] = [];
  const waiting = new Set<() => void>();
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      if (new URL(request.url).pathname === "/api/price-agent/tickers") {
        return Response.json(wanted);
      }
      const text = new TextDecoder().decode(
        gunzipSync(new Uint8Array(await request.arrayBuffer())),
      );
      const one = { headers: request.headers, text, body: body.parse(JSON.parse(text)) };
      posted.push(one);
      for (const wake of [...waiting]) wake();
      return await answer(one);
    },
  );
  return {
    url: new URL(`http://127.0.0.1:${server.addr.port}`),
    posted,
    received(fits) {
      return new Promise((resolve) => {
        const look = (): void => {
          const found = posted.find(fits);
          if (!found) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      });
    },
    async [Symbol.asyncDispose]() {
      await server.shutdown();
    },
  };
}
