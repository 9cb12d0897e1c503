/**
 * Who a request is of: by a session's cookie or by an access token. What was looked up is kept for
 * five seconds, so that a page costs no look, and somebody who is locked out is out within as many.
 */
import { parse } from "hono/utils/cookie";
import type { Clock, Timer } from "../../base/clock.ts";
import { hashSecret } from "../../db/secrets.ts";
import { findUser, type User } from "../../db/users.ts";
import { userOfSession } from "../../db/user_sessions.ts";
import { type Database, inTime, saysDatabaseAway } from "../database.ts";
import { readAccessToken } from "./access_token.ts";
import { SESSION_COOKIES } from "./session_cookie.ts";

/** Who asks, and by what they show it. */
export type Visitor =
  | {
    readonly kind: "user";
    readonly user: User;
    readonly by: "cookie" | "token";
    readonly hash: Uint8Array;
  }
  | { readonly kind: "nobody"; readonly why: string };

/** What the door works with. */
export interface DoorParts {
  readonly clock: Clock;
  readonly database: Database;
  /** What access tokens are signed with. */
  readonly tokenKey: Uint8Array;
}

const KEEP_MS = 5_000;

/** While the database is away whoever was in lately stays in: prices are shown on. */
const KEEP_AWAY_MS = 10 * 60_000;

/** So many are kept at most: secrets that open nothing are looked up like others. */
const MOST_KEPT = 10_000;

interface Kept {
  readonly atMs: number;
  readonly user: User | undefined;
}

/** The door to users' routes. */
export class UserDoor {
  readonly #parts: DoorParts;
  readonly #kept = new Map<string, Kept>();
  readonly #watched = new Map<WebSocket, string>();
  #watching: Timer | undefined;

  constructor(parts: DoorParts) {
    this.#parts = parts;
  }

  /** What access tokens are signed with. */
  get tokenKey(): Uint8Array {
    return this.#parts.tokenKey;
  }

  /** Who a request is of. Throws where the database is away and they were not here lately. */
  async visitor(headers: Headers): Promise<Visitor> {
    const authorization = headers.get("authorization");
    if (authorization !== null) return await this.#byToken(authorization);
    const cookies = parse(headers.get("cookie") ?? "");
    const secret = SESSION_COOKIES.map((name) => cookies[name]).find((one) => one);
    if (secret === undefined) return { kind: "nobody", why: "Sign in first." };
    const hash = hashSecret(secret);
    const user = await this.#look(`session ${hash.toHex()}`, (sql) => userOfSession(sql, hash));
    if (!user) return { kind: "nobody", why: "The session is over; sign in again." };
    return { kind: "user", user, by: "cookie", hash };
  }

  async #byToken(authorization: string): Promise<Visitor> {
    const token = /^Bearer (\S+)$/i.exec(authorization)?.[1] ?? "";
    const read = await readAccessToken(this.#parts.tokenKey, token);
    if (read.kind === "expired") return { kind: "nobody", why: "The access token has expired." };
    if (read.kind === "wrong") {
      return { kind: "nobody", why: "What is sent as Authorization is no access token of a user." };
    }
    const user = await this.#look(`user ${read.userId}`, async (sql) => {
      const found = await findUser(sql, { id: read.userId });
      return found && !found.isDisabled ? found : undefined;
    });
    if (!user) return { kind: "nobody", why: "The user of the access token is locked out." };
    return { kind: "user", user, by: "token", hash: hashSecret(token) };
  }

  /** Forgets what is kept of a session, so that its end counts at once on this server. */
  forget(hash: Uint8Array): void {
    this.#kept.delete(`session ${hash.toHex()}`);
  }

  /** Forgets all that is kept: a password or a user has changed. */
  forgetAll(): void {
    this.#kept.clear();
  }

  /** Closes a line when its session is over. */
  watch(socket: WebSocket, { hash, by }: Extract<Visitor, { kind: "user" }>): void {
    if (by !== "cookie") return;
    this.#watched.set(socket, hash.toHex());
    socket.addEventListener("close", () => this.#unwatch(socket));
    // One timer for all lines.
    this.#watching ??= this.#parts.clock.every(KEEP_MS, () => void this.#checkLines());
  }

  /** Ends the work in the background. */
  close(): void {
    this.#watching?.cancel();
  }

  #unwatch(socket: WebSocket): void {
    this.#watched.delete(socket);
    if (this.#watched.size > 0) return;
    this.#watching?.cancel();
    this.#watching = undefined;
  }

  async #checkLines(): Promise<void> {
    const bySession = Map.groupBy(
      this.#watched.keys(),
      (socket) => this.#watched.get(socket) ?? "",
    );
    for (const [hex, sockets] of bySession) {
      try {
        const hash = Uint8Array.fromHex(hex);
        if (await this.#look(`session ${hex}`, (sql) => userOfSession(sql, hash))) continue;
      } catch (error) {
        if (!saysDatabaseAway(error)) throw error;
        continue; // nobody is put out because the database is away
      }
      // 4401: to this protocol what 401 is to HTTP; the page is told to sign in again.
      for (const socket of sockets) socket.close(4401, "The session is over");
    }
  }

  async #look(
    key: string,
    find: (sql: Database["quick"]) => Promise<User | undefined>,
  ): Promise<User | undefined> {
    const { clock, database } = this.#parts;
    const nowMs = clock.monotonicMs();
    const kept = this.#kept.get(key);
    if (kept && nowMs - kept.atMs < KEEP_MS) return kept.user;
    try {
      const user = await inTime(clock, find(database.quick));
      if (this.#kept.size >= MOST_KEPT) this.#kept.clear();
      this.#kept.set(key, { atMs: nowMs, user });
      return user;
    } catch (error) {
      if (!saysDatabaseAway(error) || !kept || nowMs - kept.atMs > KEEP_AWAY_MS) throw error;
      return kept.user;
    }
  }
}
