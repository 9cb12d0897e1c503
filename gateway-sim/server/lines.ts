/**
 * The market-data lines of a login: each streaming or snapshot request takes one until it ends.
 * All clients of a gateway share them.
 */

/** The lines of one client. */
export interface ClientLines {
  /** Lines this client uses. */
  readonly used: number;
  /** Takes a line; `false` when all of the gateway are in use. */
  take(): boolean;
  /** Gives one back. */
  free(): void;
  /** Gives one back that counts for the login until what is returned is called. */
  freeSlowly(): () => void;
}

/** The lines of a gateway. */
export interface LineBudget {
  /** Lines in use by all clients. */
  readonly used: number;
  /** The greatest number that were in use at once. */
  readonly peak: number;
  /** Keeps so many in use that nobody has any more, until what it returns is called. */
  hold(count: number): () => void;
  /** Lines for one more client. */
  forClient(): ClientLines;
}

/** A budget of `limit` lines; 0 is without end. */
export function lineBudget(limit: number): LineBudget {
  let used = 0;
  let peak = 0;
  return {
    get used() {
      return used;
    },
    get peak() {
      return peak;
    },
    hold(count) {
      used += count;
      let isHeld = true;
      return () => {
        if (isHeld) used -= count;
        isHeld = false;
      };
    },
    forClient() {
      let own = 0;
      return {
        get used() {
          return own;
        },
        take() {
          if (limit > 0 && used >= limit) return false;
          used++;
          own++;
          peak = Math.max(peak, used);
          return true;
        },
        free() {
          used--;
          own--;
        },
        freeSlowly() {
          own--;
          let isHeld = true;
          return () => {
            if (isHeld) used--;
            isHeld = false;
          };
        },
      };
    },
  };
}
