/**
 * What a gateway says of IB's farms and of its own connection to IB, and whether market data comes
 * through. Clients are told of what changes, and of how things stand when they connect.
 */
import type { Clock, Timer } from "../../base/clock.ts";
import type { FARM_CODES, FaultOf } from "../faults/fault.ts";
import type { Faults } from "../faults/faults.ts";

type FarmCode = typeof FARM_CODES[number];

/** A notice about the system, for every client. */
export interface Notice {
  readonly code: number;
  readonly text: string;
}

/** What is said of a farm: the sentence before its name, its usual name, and what says it is well. */
interface FarmWords {
  readonly sentence: string;
  readonly name: string;
  readonly well: FarmCode;
}

const MARKET_DATA = { name: "usfarm", well: 2104 } as const;
const HISTORICAL = { name: "ushmds", well: 2106 } as const;
const CONTRACTS = { name: "secdefnj", well: 2158 } as const;

const WORDS: Readonly<Record<FarmCode, FarmWords>> = {
  2103: { sentence: "Market data farm connection is broken:", ...MARKET_DATA },
  2104: { sentence: "Market data farm connection is OK:", ...MARKET_DATA },
  2105: { sentence: "HMDS data farm connection is broken:", ...HISTORICAL },
  2106: { sentence: "HMDS data farm connection is OK:", ...HISTORICAL },
  2107: {
    sentence: "HMDS data farm connection is inactive but should be available upon demand.",
    ...HISTORICAL,
  },
  2108: {
    sentence: "Market data farm connection is inactive but should be available upon demand.",
    name: "usopt",
    well: 2104,
  },
  2110: {
    sentence:
      "Connectivity between Trader Workstation and server is broken. It will be restored automatically.",
    name: "",
    well: 2104,
  },
  2119: { sentence: "Market data farm is connecting:", ...MARKET_DATA },
  2157: { sentence: "Sec-def data farm connection is broken:", ...CONTRACTS },
  2158: { sentence: "Sec-def data farm connection is OK:", ...CONTRACTS },
};

/** While these stand no tick comes. */
const STOPS_TICKS: ReadonlySet<FarmCode> = new Set([2103, 2110]);

const LOST = "Connectivity between IB and Trader Workstation has been lost.";
const RESTORED: Readonly<Record<1101 | 1102, string>> = {
  1101: "Connectivity between IB and Trader Workstation has been restored - data lost.",
  1102:
    "Connectivity between IB and Trader Workstation has been restored - data maintained. The following farms are connected: usfarm; ushmds; secdefnj. The following farms are not connected: .",
};

/** Hears when market data stops and goes on; `forgotten`: the lines of before stay silent for good. */
export type FeedListener = (
  feed: { readonly stopped: boolean; readonly forgotten: boolean },
) => void;

interface Trouble {
  readonly stops: boolean;
  readonly code: number;
  readonly text: string;
  readonly spurious200: boolean;
}

/** The farms of a gateway. */
export class Farms {
  readonly #say: (notice: Notice) => void;
  readonly #clock: Clock;
  readonly #listeners = new Set<FeedListener>();
  /** What is wrong now. */
  readonly #troubles = new Set<Trouble>();
  #isLost = false;
  readonly #stops: readonly (() => void)[];

  /** @param say Tells every client. */
  constructor(faults: Faults, clock: Clock, say: (notice: Notice) => void) {
    this.#say = say;
    this.#clock = clock;
    this.#stops = [
      faults.on("farm", (fault) => this.#breakFarm(fault)),
      faults.on("connectivity", (fault) => this.#loseConnectivity(fault)),
    ];
  }

  /** Whether no tick comes now. */
  get isStopped(): boolean {
    return [...this.#troubles].some(({ stops }) => stops);
  }

  /** Whether contracts are unknown now that are there. */
  get deniesContracts(): boolean {
    return this.#isLost || [...this.#troubles].some(({ spurious200 }) => spurious200);
  }

  /** Whether the gateway has no connection to IB. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** Why historical data cannot be had now. */
  get historicalTrouble(): string | undefined {
    return [...this.#troubles].find(({ code }) => code === 1100 || code === 2105)?.text;
  }

  /** How things stand, for a client that connects. */
  standing(): readonly Notice[] {
    const broken = [...this.#troubles].map(({ code, text }) => ({ code, text }));
    const isBroken = (farm: FarmCode): boolean =>
      broken.some(({ code }) => code === 1100 || (code in WORDS && wellOf(code) === farm));
    const well = ([2104, 2106, 2158] as const).filter((code) => !isBroken(code)).map((code) => ({
      code,
      text: WORDS[code].sentence + WORDS[code].name,
    }));
    return [...broken, ...well];
  }

  /** Hears when market data stops and goes on, until what it returns is called. */
  onFeed(listener: FeedListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Says no more. */
  close(): void {
    for (const stop of this.#stops) stop();
  }

  #breakFarm(fault: FaultOf<"farm">): () => void {
    const { code, flapEverySeconds, stopTicks, keepSilent, spurious200 } = fault;
    const words = WORDS[code];
    const name = fault.name ?? words.name;
    const trouble: Trouble = {
      stops: stopTicks && STOPS_TICKS.has(code),
      code,
      text: words.sentence + (words.name && name),
      spurious200,
    };
    const isTrouble = words.well !== code;
    const down = (): void => {
      this.#say(trouble);
      if (isTrouble) this.#change(() => this.#troubles.add(trouble), keepSilent);
    };
    const up = (): void => {
      if (!this.#troubles.has(trouble)) return;
      this.#say({ code: words.well, text: WORDS[words.well].sentence + name });
      this.#change(() => this.#troubles.delete(trouble), NOT_FORGOTTEN);
    };
    down();
    let isDown = true;
    const flap: Timer | undefined = flapEverySeconds === 0
      ? undefined
      : this.#clock.every(flapEverySeconds * 1_000, () => {
        if (isDown) up();
        else down();
        isDown = !isDown;
      });
    return () => {
      flap?.cancel();
      up();
    };
  }

  #loseConnectivity(fault: FaultOf<"connectivity">): () => void {
    const { restored, repeatSeconds } = fault;
    const forgotten = fault.loseSubscriptions ?? restored === 1101;
    const trouble: Trouble = { stops: true, code: 1100, text: LOST, spurious200: true };
    const say = (): void => this.#say(trouble);
    say();
    this.#isLost = true;
    this.#change(() => this.#troubles.add(trouble), forgotten);
    const again = repeatSeconds === 0 ? undefined : this.#clock.every(repeatSeconds * 1_000, say);
    return () => {
      again?.cancel();
      this.#say({ code: restored, text: RESTORED[restored] });
      this.#isLost = false;
      this.#change(() => this.#troubles.delete(trouble), NOT_FORGOTTEN);
    };
  }

  #change(change: () => unknown, forgotten: boolean): void {
    const before = this.isStopped;
    change();
    const stopped = this.isStopped;
    if (stopped === before && !forgotten) return;
    for (const listener of [...this.#listeners]) listener({ stopped, forgotten });
  }
}

const NOT_FORGOTTEN = false;

function wellOf(code: number): number | undefined {
  return Object.entries(WORDS).find(([each]) => Number(each) === code)?.[1].well;
}
