/** How often one may try to sign in: by account, so that none is guessed, and by address, so that none is flooded. */
import type { Clock } from "../../base/clock.ts";
import { normalEmail } from "../../db/users.ts";
import { RequestRate } from "../limits/rate.ts";

const TRIES_PER_ACCOUNT = 10;
const TRIES_PER_ADDRESS = 30;

/** The tries on one server. */
export class SignInRate {
  readonly #accounts: RequestRate;
  readonly #addresses: RequestRate;

  constructor(clock: Clock) {
    this.#accounts = new RequestRate(clock, TRIES_PER_ACCOUNT);
    this.#addresses = new RequestRate(clock, TRIES_PER_ADDRESS);
  }

  /** Counts a try; seconds to wait where it is one too many, else null. */
  take(email: string, address: string): number | null {
    const waits = [this.#addresses.take(address), this.#accounts.take(normalEmail(email))];
    const waitMs = Math.max(...waits.map((one) => one.waitMs ?? 0));
    return waitMs > 0 ? Math.ceil(waitMs / 1_000) : null;
  }
}
