/** The control API: a small HTTP server beside the gateway, for tests and for people who try things. */
import { z } from "zod";
import type { Clock } from "../../base/clock.ts";
import { type FieldProblem, problem, problemResponse } from "../../base/problem.ts";
import { readFault } from "../faults/fault.ts";
import type { MarketSymbol } from "../market/market.ts";
import type { ReplayMarket, ReplayStep } from "../market/replay.ts";
import type { Gateway } from "../server/gateway.ts";
import { HAND_ORDER, placeByHand } from "./hand_orders.ts";

/** What the control API controls. */
export interface ControlOptions {
  readonly gateway: Gateway;
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly hostname: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly symbols: () => readonly MarketSymbol[];
  /** What a replay offers; `null` for the made-up market. */
  readonly replay: Pick<ReplayMarket, "positions" | "step"> | null;
}

const STEP = z.strictObject({
  symbol: z.string().min(1).optional(),
  file: z.string().min(1).optional(),
});

const MARKET = z.strictObject({
  open: z.boolean().nullable().describe("null gives the decision back to the market's calendar"),
});

const CALLS = {
  "GET /symbols": "the underlyings, with spot and deal",
  "GET /state": "connections, lines, message rates, errors sent, replay positions",
  "POST /replay/step": "{symbol?, file?}: show the next file of each symbol, or the one named",
  "GET /faults": "the faults that are on",
  "POST /faults": "{fault, …} or several in brackets: switch faults on (docs/gateway/faults.md)",
  "DELETE /faults": "switch all off",
  "DELETE /faults/{id}": "switch one off",
  "POST /orders":
    "{localSymbol or conId, action, quantity, limitPrice?, stopPrice?, tif?, account?}: " +
    "an order as if typed into TWS (docs/gateway/paper-orders.md)",
  "POST /market": "{open: true | false | null}: open or close everything; null: by the calendar",
};

/** A running control API. */
export interface Control {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Starts the control API.
 *
 * @throws {Deno.errors.AddrInUse} when another program has the port.
 */
export function startControl(options: ControlOptions): Control {
  const server = Deno.serve(
    { hostname: options.hostname, port: options.port, onListen: () => {} },
    (request) => answer(options, request),
  );
  return { port: server.addr.port, close: () => server.shutdown() };
}

/** Answers one call. */
export async function answer(options: ControlOptions, request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  switch (`${request.method} ${pathname}`) {
    case "GET /":
      return Response.json({ calls: CALLS });
    case "GET /symbols":
      return Response.json({ symbols: options.symbols() });
    case "GET /state":
      return Response.json(stateOf(options));
    case "POST /market":
      return await readBody(request, MARKET, (body) => {
        options.gateway.hours.force(body.open);
        return Response.json({ open: options.gateway.hours.forced });
      });
    case "POST /replay/step":
      return await readBody(request, STEP, (body) => step(options.replay, body));
    case "POST /orders":
      return await readBody(
        request,
        HAND_ORDER,
        (body) => placeByHand(options.gateway.desk, body),
      );
    case "GET /faults":
      return Response.json({ faults: faultsOn(options) });
    case "POST /faults":
      return await readBody(request, z.unknown(), (body) => addFaults(options, body));
    case "DELETE /faults":
      return Response.json({ ended: options.gateway.faults.clear() });
    default: {
      const id = /^DELETE \/faults\/(\d{1,9})$/.exec(`${request.method} ${pathname}`)?.[1];
      if (id !== undefined) return endFault(options, Number(id));
      const error = `No such call: ${request.method} ${pathname}`;
      return problemResponse(problem(404, "unknown-call", error, { calls: CALLS }));
    }
  }
}

/** The faults that are on, with how long they are. */
function faultsOn({ gateway, clock }: ControlOptions): unknown {
  return gateway.faults.list().map(({ id, fault, sinceMs, struck }) => ({
    id,
    ...fault,
    forSeconds: Math.round(clock.monotonicMs() - sinceMs) / 1_000,
    struck,
  }));
}

/** All of them, or none where one is wrong. */
function addFaults({ gateway }: ControlOptions, body: unknown): Response {
  const wanted = Array.isArray(body) ? body : [body];
  const read = wanted.map((value: unknown) => readFault(value));
  const errors = read.flatMap((each, index) =>
    each.ok ? [] : each.errors.map(({ path, message }) => ({
      path: wanted.length > 1 ? `${index}.${path}` : path,
      message,
    }))
  );
  if (errors.length > 0) {
    const error = `Invalid fault: ${errors[0]?.message}`;
    return problemResponse(problem(400, "invalid-fault", error, { errors }));
  }
  const ids = read.flatMap((each) => each.ok ? gateway.faults.add(each.fault) : []);
  return Response.json({ ids }, { status: 201 });
}

function endFault({ gateway }: ControlOptions, id: number): Response {
  if (gateway.faults.end(id)) return Response.json({ ended: 1 });
  const ids = gateway.faults.list().map((fault) => fault.id);
  const error = `No fault ${id} is on; there are: ${ids.join(", ") || "none"}`;
  return problemResponse(problem(404, "unknown-fault", error));
}

function stateOf(options: ControlOptions): unknown {
  const { gateway, replay } = options;
  return {
    market: replay ? "replay" : "synthetic",
    open: gateway.hours.forced,
    ...gateway.state(),
    faults: faultsOn(options),
    replay: replay?.positions() ?? null,
  };
}

function step(replay: ControlOptions["replay"], request: ReplayStep): Response {
  if (replay === null) {
    const error = "This gateway serves the synthetic market; a step needs --replay DIR";
    return problemResponse(problem(409, "not-a-replay", error));
  }
  const outcome = replay.step(request);
  if (outcome.ok) return Response.json({ moved: outcome.moved });
  return problemResponse(
    problem(400, "unknown-step", outcome.error, { allowed: outcome.allowed }),
  );
}

/** Reads a JSON body; an empty one counts as `{}`. */
async function readBody<T>(
  request: Request,
  schema: z.ZodType<T>,
  use: (body: T) => Response,
): Promise<Response> {
  const text = await request.text();
  let json: unknown;
  try {
    json = text.trim() === "" ? {} : JSON.parse(text);
  } catch {
    const error = `The body is not JSON: '${text.slice(0, 40)}'`;
    return problemResponse(problem(400, "invalid-body", error));
  }
  const read = schema.safeParse(json);
  if (read.success) return use(read.data);
  const errors: FieldProblem[] = read.error.issues.map((issue) => ({
    path: issue.path.join("."),
    message: issue.message,
  }));
  const error = `Invalid body: ${errors[0]?.message ?? "unknown"}`;
  return problemResponse(problem(400, "invalid-body", error, { errors }));
}
