/** What a line of the route table says. */
import type { Handler } from "./services.ts";

/** Who may call a route; each user's role may do what those before it may. */
export type Role = "public" | "viewer" | "trader" | "operator" | "agent";

/** One line of the table. */
export interface Route {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly role: Role;
  readonly handler: Handler;
}
