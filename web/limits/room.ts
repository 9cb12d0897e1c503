/** Room for a limited amount of something; who finds none may wait in line for a while. */
import type { Clock } from "../../base/clock.ts";

/** Gives back what was taken; doing so again does nothing. */
export type Leave = () => void;

/** How much there is room for, and for whom. */
export interface RoomOptions {
  readonly capacity: number;
  /** How long one may wait in line; 0 for not at all. */
  readonly patienceMs: number;
  /** How many may wait. */
  readonly line?: number;
}

interface Waiting {
  readonly size: number;
  readonly enter: (leave: Leave) => void;
}

/** Such a room. First come, first served: a big one is not overtaken by small ones for ever. */
export class Room {
  readonly #clock: Clock;
  readonly #options: RoomOptions;
  #free: number;
  readonly #line = new Set<Waiting>();

  constructor(clock: Clock, options: RoomOptions) {
    this.#clock = clock;
    this.#options = options;
    this.#free = options.capacity;
  }

  /** Takes room, more than there is in all as if it were all; `undefined` where there is none. */
  enter(size: number): Leave | undefined | Promise<Leave | undefined> {
    const fits = Math.min(size, this.#options.capacity);
    if (this.#line.size === 0 && fits <= this.#free) return this.#take(fits);
    const { patienceMs, line = 1_000 } = this.#options;
    return patienceMs > 0 && this.#line.size < line ? this.#wait(fits, patienceMs) : undefined;
  }

  #wait(size: number, patienceMs: number): Promise<Leave | undefined> {
    return new Promise((resolve) => {
      const waiting: Waiting = {
        size,
        enter: (leave) => {
          timer.cancel();
          resolve(leave);
        },
      };
      const timer = this.#clock.after(patienceMs, () => {
        this.#line.delete(waiting);
        resolve(undefined);
        this.#letIn(); // those behind may be smaller
      });
      this.#line.add(waiting);
    });
  }

  #take(size: number): Leave {
    this.#free -= size;
    let taken = size;
    return () => {
      this.#free += taken;
      taken = 0;
      this.#letIn();
    };
  }

  #letIn(): void {
    for (const waiting of this.#line) {
      if (waiting.size > this.#free) return;
      this.#line.delete(waiting);
      waiting.enter(this.#take(waiting.size));
    }
  }
}
