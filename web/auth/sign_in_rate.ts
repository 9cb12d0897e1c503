/** How often one may try to sign in: by account, so that none is guessed, and by address, so that none is flooded. */
import type { Clock } from "../../base/clock.ts";
import { normalEmail } from "../../db/users.ts";
import { RequestRate } from "../limits/rate.ts";

const TRIES_PER_ACCOUNT = 10;
const TRIES_PER_ADDRESS = 30;

/** So many accounts or addresses are remembered; beyond, all are forgotten at once. */
const MOST_KNOWN = 10_000;

class Tries {
  readonly #clock: Clock;
  readonly #perMinute: number;
  #known = new Set<string>();
  #rate: RequestRate;

  constructor(clock: Clock, perMinute: number) {
    this.#clock = clock;
    this.#perMinute = perMinute;
    this.#rate = new RequestRate(clock, perMinute);
  }

  /** Counts a try; how long to wait where it is one too many. */
  take(name: string): number | null {
    if (this.#known.size >= MOST_KNOWN) {
      this.#known = new Set();
      this.#rate = new RequestRate(this.#clock, this.#perMinute);
    }
    this.#known.add(name);
    return this.#rate.take(name).waitMs;
  }
}

/** The tries on one server. */
export class SignInRate {
  readonly #accounts: Tries;
  readonly #addresses: Tries;

  constructor(clock: Clock) {
    this.#accounts = new Tries(clock, TRIES_PER_ACCOUNT);
    this.#addresses = new Tries(clock, TRIES_PER_ADDRESS);
  }

  /** Counts a try; seconds to wait where it is one too many, else null. */
  take(email: string, address: string): number | null {
    const waits = [
      this.#addresses.take(address),
      this.#accounts.take(normalEmail(email).slice(0, 320)),
    ];
    const waitMs = Math.max(...waits.map((one) => one ?? 0));
    return waitMs > 0 ? Math.ceil(waitMs / 1_000) : null;
  }
}
