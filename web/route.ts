/** What a line of the route table says. */
import type { Operation } from "./openapi/operation.ts";
import type { AgentHandler, Handler } from "./services.ts";

/** Who may call a route; each user's role may do what those before it may. */
export type Role = "public" | "viewer" | "trader" | "operator" | "agent";

interface Place {
  readonly method: "GET" | "POST";
  readonly path: string;
  /** How a call of the API describes itself; pages, files and WebSockets have none. */
  readonly api?: Operation;
}

/** An agent's route: its handler is given the key. */
export interface AgentRoute extends Place {
  readonly role: "agent";
  readonly handler: AgentHandler;
}

/** A route of users, or of everyone. */
export interface UserRoute extends Place {
  readonly role: Exclude<Role, "agent">;
  readonly handler: Handler;
}

/** One line of the table. */
export type Route = AgentRoute | UserRoute;
