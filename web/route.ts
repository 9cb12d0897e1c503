/** What a line of the route table says. */
import type { Handler } from "./services.ts";

/** Who may call a route; each user's role may do what those before it may. */
export type Role = "public" | "viewer" | "trader" | "operator" | "agent";

/** What a route answers with: it decides in which form a failure is told. */
export type RouteKind = "page" | "api" | "socket" | "file";

/** One line of the table. */
export interface Route {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly role: Role;
  readonly kind: RouteKind;
  readonly handler: Handler;
}
