/** Which role is enough for what: each may do what those before it may. */
import { USER_ROLES, type UserRole } from "../../db/users.ts";
import type { RequestContext, Services } from "../services.ts";

/**
 * Whether a role is enough where another is needed.
 *
 * @example
 * ```ts
 * import { isEnough } from "./roles.ts";
 * console.assert(isEnough("operator", "trader") && !isEnough("viewer", "trader"));
 * ```
 */
export function isEnough(role: UserRole, needed: UserRole): boolean {
  return USER_ROLES.indexOf(role) >= USER_ROLES.indexOf(needed);
}

/** Whether who asks for a page may do what needs a role: where the door is open, all may. */
export function mayAct(c: RequestContext, { door }: Services, needed: UserRole): boolean {
  const visitor = c.get("visitor");
  return door.kind === "open" || (visitor !== undefined && isEnough(visitor.user.role, needed));
}
