/** The first user: made by `start`, and signed in by a link until there is a password. */
import type { Sql } from "../../db/connect.ts";
import { addUser, listUsers, makeLink } from "../../db/users.ts";

/** Whom the first user is, before anybody said who they are. */
const FIRST_EMAIL = "operator@localhost";

/** A link that `start` prints is for whoever reads its output now. */
const LINK_MS = 3_600_000;

/**
 * The link by which one can sign in at `serverUrl` while no user has a password; `undefined` once
 * one has.
 */
export async function firstLink(sql: Sql, serverUrl: string): Promise<string | undefined> {
  const users = await listUsers(sql);
  if (users.some(({ hasPassword }) => hasPassword)) return undefined;
  const first = users.find(({ role, isDisabled }) => role === "operator" && !isDisabled) ??
    await addUser(sql, { email: FIRST_EMAIL, role: "operator" });
  if (!first) return undefined;
  return `${serverUrl}/sign-in/link/${await makeLink(sql, first.id, LINK_MS)}`;
}
