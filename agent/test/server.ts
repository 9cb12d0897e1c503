/** A tiny HTTP server that stands for Lastmark's and keeps what it was sent. */
import { gunzipSync } from "node:zlib";
import { z } from "zod";
import type { AgentStatus } from "../../options/wire/agent_status.ts";
import {
  type AgentMessage,
  agentMessage,
  heartbeatMessage,
  type SessionServerMessage,
} from "../../options/wire/session.ts";

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

/** A heartbeat of the agent's session. */
export type Heartbeat = z.output<typeof heartbeatMessage>;

/** How often the server wants heartbeats. */
const HEARTBEAT_EVERY_MS = 50;

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
  /** Resolves when a heartbeat comes in that the filter fits, also one that came before. */
  heartbeat(fits: (heartbeat: Heartbeat) => boolean): Promise<Heartbeat>;
  /** What the agent told of itself, in order. */
  readonly statuses: readonly AgentStatus[];
  /** Resolves when a status comes in that the filter fits, also one that came before. */
  status(fits: (status: AgentStatus) => boolean): Promise<AgentStatus>;
  /** The same of everything else that the agent says on its session. */
  said(fits: (message: AgentMessage) => boolean): Promise<AgentMessage>;
  /** Says something to every agent that has a session. */
  tell(message: SessionServerMessage): void;
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
  const heartbeats: Heartbeat[] = [];
  const statuses: AgentStatus[] = [];
  const others: AgentMessage[] = [];
  const sessions = new Set<WebSocket>();
  const waiting = new Set<() => void>();
  const came = <T>(all: readonly T[], fits: (one: T) => boolean): Promise<T> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = all.find(fits);
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  const openSession = (request: Request): Response => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    sessions.add(socket);
    socket.onclose = () => sessions.delete(socket);
    socket.onmessage = ({ data }) => {
      const said = agentMessage.parse(JSON.parse(data));
      const answer: SessionServerMessage | undefined = said.type === "hello"
        ? { type: "welcome", heartbeatEveryMs: HEARTBEAT_EVERY_MS }
        : said.type === "heartbeat"
        ? { type: "windows", own: [] }
        : undefined;
      if (answer) socket.send(JSON.stringify(answer));
      if (said.type === "heartbeat") heartbeats.push(said);
      else if (said.type === "status") statuses.push(said.status);
      else others.push(said);
      for (const wake of [...waiting]) wake();
    };
    return response;
  };
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      if (new URL(request.url).pathname === "/api/price-agent/tickers") {
        return Response.json(wanted);
      }
      if (new URL(request.url).pathname === "/api/price-agent/session") return openSession(request);
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
    received: (fits) => came(posted, fits),
    heartbeat: (fits) => came(heartbeats, fits),
    statuses,
    status: (fits) => came(statuses, fits),
    said: (fits) => came(others, fits),
    tell(message) {
      for (const socket of sessions) socket.send(JSON.stringify(message));
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sessions) socket.close();
      await server.shutdown();
    },
  };
}
