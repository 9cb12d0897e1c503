/**
 * What is known of a chain's contracts, held as columns: one array a field, one place a contract.
 * A contract is made into an object only when somebody asks for it, so that taking a batch of
 * 3,000 contracts costs a few loops over numbers and not 40,000 objects.
 *
 * Places are given in the order in which contracts were first seen and never move, from one chain
 * to those that are folded from it.
 */
import { NONE } from "./columns.ts";
import type { OccSymbol } from "./contract.ts";
import {
  FIELD_SCALE,
  MARKET_DATA_KINDS,
  type MarketDataKind,
  PRICE_SCALE,
  QUOTE_FIELDS,
  type QuoteField,
} from "./quote.ts";

/** The last real value of a field; `now` is false when the newest read that counted had none. */
export interface Seen {
  readonly value: number;
  readonly seenAtMs: number;
  readonly now: boolean;
}

/** A field of the last-known: those of a quote, and `mid` of one batch's bid and ask. */
export type LastKnownField = QuoteField | "mid";

/** The fields of the last-known, in the order in which they are kept. */
export const LAST_KNOWN_FIELDS: readonly LastKnownField[] = [...QUOTE_FIELDS, "mid"];

/** What is known of one contract. */
export interface LastKnownContract {
  readonly occ: OccSymbol;
  /**
   * The `asOf` of the newest batch that listed the contract and counted; the row's age goes by it.
   * Null while no batch did: the contract was only reported missing, or only in blank dumps.
   */
  readonly asOfMs: number | null;
  readonly kind: MarketDataKind | null;
  readonly multiplier: number | null;
  readonly quotedAtMs: number | null;
  readonly fields: Readonly<Partial<Record<LastKnownField, Seen>>>;
  /** Why the newest read did not bring it, when it said so. */
  readonly missingReason: string | null;
}

/** One field of all contracts. */
export interface KnownField {
  /** Whole numbers of {@link KNOWN_SCALE}; {@link NONE} where nothing real was ever seen. */
  readonly values: Float64Array;
  readonly seenAtMs: Float64Array;
  /** 1 where the newest read that counted had it. */
  readonly now: Uint8Array;
}

/** Whole numbers in 1: as stored, and for `mid` twice as fine, as it is half of a sum. */
export const KNOWN_SCALE: Readonly<Record<LastKnownField, number>> = {
  ...FIELD_SCALE,
  mid: 2 * PRICE_SCALE,
};

/** The arrays. Each has a place for every contract, and room for more. */
export interface KnownArrays {
  readonly occ: readonly OccSymbol[];
  readonly fields: Readonly<Record<LastKnownField, KnownField>>;
  /** NaN for none, as in `multiplier` and `quotedAtMs`. */
  readonly asOfMs: Float64Array;
  /** IB's market data types 1 to 4; 0 for none. */
  readonly kind: Uint8Array;
  readonly multiplier: Float64Array;
  readonly quotedAtMs: Float64Array;
  readonly missingReason: readonly (string | null)[];
  /** The `seq` at which the contract last changed, as far as this program saw it change. */
  readonly changedSeq: Float64Array;
}

type Places = ReadonlyMap<OccSymbol, number>;

/** Places of lists of contracts that came more than once: batches of a ticker share their list. */
type Found = WeakMap<readonly OccSymbol[], Int32Array>;

/** The contracts of a chain as a map; it never changes. */
export class KnownContracts implements ReadonlyMap<OccSymbol, LastKnownContract> {
  readonly arrays: KnownArrays;
  readonly #places: Places;
  readonly #found: Found;
  readonly #made: (LastKnownContract | undefined)[];

  constructor(
    arrays: KnownArrays,
    places: Places = placesOf(arrays.occ),
    found: Found = new WeakMap(),
  ) {
    this.arrays = arrays;
    this.#places = places;
    this.#found = found;
    this.#made = new Array(arrays.occ.length);
  }

  /** How many contracts are known. */
  get size(): number {
    return this.arrays.occ.length;
  }

  /** Whether a contract is known. */
  has(occ: OccSymbol): boolean {
    return this.placeOf(occ) !== undefined;
  }

  /** What is known of a contract. */
  get(occ: OccSymbol): LastKnownContract | undefined {
    const place = this.placeOf(occ);
    return place === undefined ? undefined : this.at(place);
  }

  /** The place of a contract in the arrays. */
  placeOf(occ: OccSymbol): number | undefined {
    return this.#places.get(occ);
  }

  /** What is known of the contract at a place below `size`. */
  at(place: number): LastKnownContract {
    return this.#made[place] ??= makeContract(this.arrays, place);
  }

  /** Calls back with every contract, in the order in which they were first seen. */
  forEach(
    callback: (
      value: LastKnownContract,
      key: OccSymbol,
      map: ReadonlyMap<OccSymbol, LastKnownContract>,
    ) => void,
  ): void {
    for (const [occ, contract] of this) callback(contract, occ, this);
  }

  /** The contracts' symbols. */
  keys(): MapIterator<OccSymbol> {
    return this.arrays.occ.values();
  }

  /** What is known of each. */
  *values(): Generator<LastKnownContract, undefined, undefined> {
    for (let place = 0; place < this.size; place++) yield this.at(place);
    return undefined;
  }

  /** Symbols with what is known. */
  *entries(): Generator<[OccSymbol, LastKnownContract], undefined, undefined> {
    for (const contract of this.values()) yield [contract.occ, contract];
    return undefined;
  }

  /** As {@link entries}. */
  [Symbol.iterator](): MapIterator<[OccSymbol, LastKnownContract]> {
    return this.entries();
  }

  /** A copy to be written to. What it adds does not show here. */
  draft(): Draft {
    return new Draft(this.arrays, this.#places, this.#found);
  }
}

/** A copy of what is known, that a fold writes to until it is {@link Draft.done}. */
export class Draft {
  readonly occ: OccSymbol[];
  readonly missingReason: (string | null)[];
  fields: Readonly<Record<LastKnownField, KnownField>>;
  asOfMs: Float64Array;
  kind: Uint8Array;
  multiplier: Float64Array;
  quotedAtMs: Float64Array;
  changedSeq: Float64Array;
  #changed: Uint8Array;
  #places: Places;
  #added: Map<OccSymbol, number> | undefined;
  #found: Found;

  constructor(arrays: KnownArrays, places: Places, found: Found) {
    this.occ = [...arrays.occ];
    this.missingReason = [...arrays.missingReason];
    this.fields = eachField((field) => copyField(arrays.fields[field]));
    this.asOfMs = arrays.asOfMs.slice();
    this.kind = arrays.kind.slice();
    this.multiplier = arrays.multiplier.slice();
    this.quotedAtMs = arrays.quotedAtMs.slice();
    this.changedSeq = arrays.changedSeq.slice();
    this.#changed = new Uint8Array(arrays.occ.length);
    this.#places = places;
    this.#found = found;
  }

  /** The places of contracts; those that are new are given one. Read the arrays after it. */
  placesOf(occ: readonly OccSymbol[]): Int32Array {
    const known = this.#found.get(occ);
    if (known) return known;
    const found = new Int32Array(occ.length);
    for (let i = 0; i < occ.length; i++) {
      const name = occ[i];
      if (name !== undefined) found[i] = this.#places.get(name) ?? this.#add(name);
    }
    this.#makeRoom(this.occ.length);
    this.#found.set(occ, found);
    return found;
  }

  /** Notes that the contract at a place changed, by the batch at `seq`. */
  change(place: number, seq: number): void {
    this.changedSeq[place] = seq;
    this.#changed[place] = 1;
  }

  /** The contracts that changed. */
  changed(): OccSymbol[] {
    return this.occ.filter((_, place) => this.#changed[place] === 1);
  }

  /** The finished contracts; the draft must not be written to any more. */
  done(): KnownContracts {
    return new KnownContracts(
      {
        occ: this.occ,
        fields: this.fields,
        asOfMs: this.asOfMs,
        kind: this.kind,
        multiplier: this.multiplier,
        quotedAtMs: this.quotedAtMs,
        missingReason: this.missingReason,
        changedSeq: this.changedSeq,
      },
      this.#places,
      this.#found,
    );
  }

  #add(occ: OccSymbol): number {
    if (!this.#added) {
      // The maps as they were are those of the chain this was copied from, and of others from it.
      this.#added = new Map(this.#places);
      this.#places = this.#added;
      this.#found = new WeakMap();
    }
    this.#added.set(occ, this.occ.length);
    this.missingReason.push(null);
    return this.occ.push(occ) - 1;
  }

  #makeRoom(length: number): void {
    if (length <= this.asOfMs.length) return;
    const { fields } = this;
    this.fields = eachField((field) => growField(fields[field], length));
    this.asOfMs = grow(this.asOfMs, length, NaN);
    this.kind = growBytes(this.kind, length);
    this.multiplier = grow(this.multiplier, length, NaN);
    this.quotedAtMs = grow(this.quotedAtMs, length, NaN);
    this.changedSeq = grow(this.changedSeq, length, 0);
    this.#changed = growBytes(this.#changed, length);
  }
}

const NO_FIELD: KnownField = {
  values: new Float64Array(),
  seenAtMs: new Float64Array(),
  now: new Uint8Array(),
};

/** No contract. */
export const NO_CONTRACTS: KnownContracts = new KnownContracts(emptyArrays([]));

/** Arrays in which nothing is known of the given contracts. */
export function emptyArrays(occ: readonly OccSymbol[]): KnownArrays {
  const { length } = occ;
  return {
    occ,
    fields: eachField(() => growField(NO_FIELD, length)),
    asOfMs: new Float64Array(length).fill(NaN),
    kind: new Uint8Array(length),
    multiplier: new Float64Array(length).fill(NaN),
    quotedAtMs: new Float64Array(length).fill(NaN),
    missingReason: new Array<null>(length).fill(null),
    changedSeq: new Float64Array(length),
  };
}

/** One of each field. */
function eachField<T>(make: (field: LastKnownField) => T): Record<LastKnownField, T> {
  return {
    bid: make("bid"),
    ask: make("ask"),
    last: make("last"),
    volume: make("volume"),
    openInterest: make("openInterest"),
    impliedVol: make("impliedVol"),
    delta: make("delta"),
    gamma: make("gamma"),
    theta: make("theta"),
    vega: make("vega"),
    bidSize: make("bidSize"),
    askSize: make("askSize"),
    mid: make("mid"),
  };
}

function placesOf(occ: readonly OccSymbol[]): Places {
  const places = new Map<OccSymbol, number>();
  for (let place = 0; place < occ.length; place++) {
    const name = occ[place];
    if (name !== undefined) places.set(name, place);
  }
  return places;
}

function copyField({ values, seenAtMs, now }: KnownField): KnownField {
  return { values: values.slice(), seenAtMs: seenAtMs.slice(), now: now.slice() };
}

function growField(field: KnownField, length: number): KnownField {
  return {
    values: grow(field.values, length, NONE),
    seenAtMs: grow(field.seenAtMs, length, NaN),
    now: growBytes(field.now, length),
  };
}

function growBytes(array: Uint8Array, length: number): Uint8Array {
  const longer = new Uint8Array(length);
  longer.set(array);
  return longer;
}

function grow(array: Float64Array, length: number, rest: number): Float64Array {
  const longer = new Float64Array(length).fill(rest, array.length);
  longer.set(array);
  return longer;
}

function makeContract(arrays: KnownArrays, place: number): LastKnownContract {
  const occ = arrays.occ[place];
  if (occ === undefined) throw new RangeError(`no contract is at place ${place}`);
  const fields: Partial<Record<LastKnownField, Seen>> = {};
  for (const field of LAST_KNOWN_FIELDS) {
    const { values, seenAtMs, now } = arrays.fields[field];
    const whole = values[place] ?? NONE;
    if (whole === NONE) continue;
    fields[field] = {
      value: whole / KNOWN_SCALE[field],
      seenAtMs: seenAtMs[place] ?? NaN,
      now: now[place] === 1,
    };
  }
  return {
    occ,
    asOfMs: orNull(arrays.asOfMs[place]),
    kind: MARKET_DATA_KINDS[(arrays.kind[place] ?? 0) - 1] ?? null,
    multiplier: orNull(arrays.multiplier[place]),
    quotedAtMs: orNull(arrays.quotedAtMs[place]),
    fields,
    missingReason: arrays.missingReason[place] ?? null,
  };
}

function orNull(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}
