/**
 * The faults that are on. Whatever can go wrong asks here when its occasion comes (`strikes`), or
 * hears of faults as they begin and end (`on`).
 */
import type { Clock, Timer } from "../../base/clock.ts";
import { chance } from "../../options/synthetic/random.ts";
import type { Fault, FaultName, FaultOf } from "./fault.ts";

/** A fault that is on. */
export interface ActiveFault {
  readonly id: number;
  readonly fault: Fault;
  /** Monotonic. */
  readonly sinceMs: number;
  /** How often it has struck. */
  readonly struck: number;
}

/** Hears of faults of one name: what it returns is called when the fault ends. */
export type FaultListener<F extends Fault> = (fault: F, id: number) => (() => void) | undefined;

interface Entry {
  readonly id: number;
  readonly fault: Fault;
  readonly sinceMs: number;
  struck: number;
  timer: Timer | undefined;
  readonly ends: (() => void)[];
}

/** The faults of one gateway. */
export class Faults {
  readonly #clock: Clock;
  readonly #seed: number;
  readonly #active = new Map<number, Entry>();
  readonly #listeners = new Map<FaultName, Set<FaultListener<Fault>>>();
  #lastId = 0;
  #throws = 0;

  constructor(clock: Clock, seed: number) {
    this.#clock = clock;
    this.#seed = seed;
  }

  /** Switches a fault on; gives its number. */
  add(fault: Fault): number {
    const id = ++this.#lastId;
    const entry: Entry = {
      id,
      fault,
      sinceMs: this.#clock.monotonicMs(),
      struck: 0,
      timer: undefined,
      ends: [],
    };
    this.#active.set(id, entry);
    if (fault.seconds !== undefined) {
      entry.timer = this.#clock.after(fault.seconds * 1_000, () => this.end(id));
    }
    for (const listener of [...this.#listeners.get(fault.fault) ?? []]) {
      const end = listener(fault, id);
      if (end) entry.ends.push(end);
    }
    return id;
  }

  /** Switches a fault off; `false` where none of this number is on. */
  end(id: number): boolean {
    const entry = this.#active.get(id);
    if (!entry) return false;
    this.#active.delete(id);
    entry.timer?.cancel();
    for (const end of entry.ends) end();
    return true;
  }

  /** Switches all off; gives how many were on. */
  clear(): number {
    const ids = [...this.#active.keys()];
    for (const id of ids) this.end(id);
    return ids.length;
  }

  /** The faults that are on, the oldest first. */
  list(): readonly ActiveFault[] {
    return [...this.#active.values()].map(({ id, fault, sinceMs, struck }) => ({
      id,
      fault,
      sinceMs,
      struck,
    }));
  }

  /**
   * Whether a fault of this name strikes now, and which: the newest that is on, that `matches` and
   * that the dice let through. `clientId` is whom it would strike, where that is known.
   */
  strikes<N extends FaultName>(
    name: N,
    clientId: number | null,
    matches: (fault: FaultOf<N>) => boolean = () => true,
  ): FaultOf<N> | undefined {
    for (const entry of [...this.#active.values()].reverse()) {
      const { fault } = entry;
      if (!isNamed(fault, name) || !matches(fault)) continue;
      if (fault.clientId !== undefined && fault.clientId !== clientId) continue;
      if (fault.probability < 1 && this.#throw() >= fault.probability) continue;
      entry.struck++;
      if (fault.times !== undefined && entry.struck >= fault.times) this.end(entry.id);
      return fault;
    }
    return undefined;
  }

  #throw(): number {
    return chance(this.#seed, ++this.#throws);
  }

  /**
   * Hears of faults of one name: of those that are on at once, then of each that begins. Gives what
   * stops it, which also calls what was to be called at the ends of those that are on.
   */
  on<N extends FaultName>(name: N, listener: FaultListener<FaultOf<N>>): () => void {
    const own = new Map<number, () => void>();
    const hear: FaultListener<Fault> = (fault, id) => {
      if (!isNamed(fault, name)) return undefined;
      const end = listener(fault, id);
      if (!end) return undefined;
      const once = (): void => {
        if (own.delete(id)) end();
      };
      own.set(id, once);
      return once;
    };
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(hear));
    for (const entry of this.#active.values()) {
      const end = hear(entry.fault, entry.id);
      if (end) entry.ends.push(end);
    }
    return () => {
      listeners.delete(hear);
      for (const end of [...own.values()]) end();
    };
  }
}

function isNamed<N extends FaultName>(fault: Fault, name: N): fault is FaultOf<N> {
  return fault.fault === name;
}
