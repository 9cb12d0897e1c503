/**
 * The description of the API (OpenAPI 3.1), made from the route table and the zod schemas that
 * requests are read and answers are written by.
 */
import { z } from "zod";
import { PROBLEM_MEDIA_TYPE } from "../../base/problem.ts";
import type { Route } from "../route.ts";
import type { Answer, Operation } from "./operation.ts";
import { ANSWERS, REQUESTS } from "./schemas.ts";

type Json = Readonly<Record<string, unknown>>;

/** A parameter of a call. */
export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required: boolean;
  readonly description?: string;
  readonly schema: Json;
}

/** One call of the document. */
export interface DocumentedCall {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: Json;
  readonly responses: Readonly<Record<string, { readonly description: string } & Json>>;
  readonly security: readonly Json[];
}

/** An OpenAPI document. */
export interface OpenApiDocument {
  readonly openapi: "3.1.0";
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedCall>>>>;
  readonly components: Json;
}

const TAGS = {
  chains: "What is known now.",
  history: "What was known, and what was read.",
  agents: "For price agents, with a key.",
  server: "The server itself.",
} as const satisfies Record<Operation["tag"], string>;

const DESCRIPTION = `Every failure is problem details (RFC 9457). Every answer has an X-Request-Id.
Times are ISO 8601 in UTC. Unknown fields of a body are ignored; unknown parameters of a query are
refused. /api/live and /api/price-agent/session are WebSockets and are not described here.`;

/** The description of every route that has one. */
export function describeApi(routes: readonly Route[], version: string): OpenApiDocument {
  const paths: Record<string, Record<string, DocumentedCall>> = {};
  for (const route of routes) {
    if (!route.api) continue;
    const path = route.path.replace(/:(\w+)/g, "{$1}");
    (paths[path] ??= {})[route.method.toLowerCase()] = describe(route, route.api);
  }
  return {
    openapi: "3.1.0",
    info: { title: "Lastmark", version, description: DESCRIPTION.replaceAll("\n", " ") },
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: { ...componentsOf(ANSWERS, "output"), ...componentsOf(REQUESTS, "input") },
      securitySchemes: {
        agentKey: { type: "http", scheme: "bearer", description: "an agent's key: lm_agent_…" },
      },
    },
  };
}

function describe(route: Route, api: Operation): DocumentedCall {
  const answers = { ...commonAnswers(route, api), ...api.answers };
  const rate = route.role === "agent";
  return {
    operationId: operationId(route),
    tags: [api.tag],
    summary: api.summary,
    ...(api.description === undefined ? {} : { description: api.description }),
    parameters: [
      ...parametersOf(api.path, "path"),
      ...parametersOf(api.query, "query"),
      ...parametersOf(api.headers, "header"),
    ],
    ...(api.body === undefined ? {} : {
      requestBody: {
        required: true,
        content: { "application/json": { schema: reference(api.body) } },
      },
    }),
    responses: Object.fromEntries(
      Object.entries(answers).map(([status, answer]) => [
        status,
        describeAnswer(Number(status), answer, rate),
      ]),
    ),
    security: rate ? [{ agentKey: [] }] : [],
  };
}

const problemOf = (description: string, headers?: Answer["headers"]): Answer => ({
  description,
  ...(headers ? { headers } : {}),
});

const RETRY_AFTER = { "Retry-After": "seconds after which to try again" };

/** What is answered before a handler is asked, and where it fails. */
function commonAnswers({ role }: Route, api: Operation): Record<number, Answer> {
  const user = role !== "agent" && role !== "public";
  return {
    ...(role === "agent"
      ? {
        401: problemOf("There is no key.", { "WWW-Authenticate": "Bearer" }),
        403: problemOf("The key opens nothing, or not this."),
        429: problemOf("The key made too many requests.", RETRY_AFTER),
      }
      : {}),
    ...(user ? { 403: problemOf("Users' calls are open to this machine alone.") } : {}),
    500: problemOf("The server failed; its log says how."),
    ...(api.withoutDatabase ? {} : {
      503: problemOf("The database is away, or there is no room just now.", RETRY_AFTER),
    }),
  };
}

function describeAnswer(
  status: number,
  answer: Answer,
  rate: boolean,
): { description: string } & Json {
  const headers = { "X-Request-Id": "the request's name in the server's log", ...answer.headers };
  const body = answer.body ?? (status >= 400 ? "Problem" : undefined);
  const type = body === "Problem" ? PROBLEM_MEDIA_TYPE : "application/json";
  return {
    description: answer.description,
    headers: {
      ...Object.fromEntries(
        Object.entries(headers).map(([name, description]) => [
          name,
          { ...header(description), required: true },
        ]),
      ),
      ...(rate
        ? {
          "RateLimit-Policy": header("how many requests a key may make in how many seconds"),
          RateLimit: header("how many may follow at once, and when all may again"),
        }
        : {}),
    },
    ...(body === undefined ? {} : { content: { [type]: { schema: reference(body) } } }),
  };
}

function header(description: string): Json {
  return { description, schema: { type: "string" } };
}

function parametersOf(schema: z.ZodObject | undefined, where: Parameter["in"]): Parameter[] {
  return Object.entries(schema?.shape ?? {}).map(([name, field]) => {
    const required = where === "path" || !z.safeParse(field, undefined).success;
    const { description, ...rest } = plain(z.toJSONSchema(field, { io: "input" }));
    return {
      name,
      in: where,
      required,
      ...(typeof description === "string" ? { description } : {}),
      schema: rest,
    };
  });
}

function componentsOf(
  schemas: Readonly<Record<string, z.ZodType>>,
  io: "input" | "output",
): Record<string, Json> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(schemas)) registry.add(schema, { id });
  const made = z.toJSONSchema(registry, { io, uri: (id) => reference(id).$ref });
  return Object.fromEntries(
    Object.entries(made.schemas).map(([id, schema]) => [id, plain(schema)]),
  );
}

/** Without the names by which a schema of its own would be found. */
function plain(schema: object): Record<string, unknown> {
  const { $schema: _, $id: __, id: ___, ...rest } = { $schema: "", $id: "", id: "", ...schema };
  return rest;
}

function reference(name: string): { readonly $ref: string } {
  return { $ref: `#/components/schemas/${name}` };
}

/** `getApiChainsByTicker` for `GET /api/chains/:ticker`. */
function operationId({ method, path }: Route): string {
  const words = path.split(/[/-]/).filter((word) => word !== "").map((word) =>
    word.startsWith(":") ? `By${capital(word.slice(1))}` : capital(word)
  );
  return method.toLowerCase() + words.join("").replaceAll(".", "");
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
