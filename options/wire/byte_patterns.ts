/** Texts that are looked for in bytes, four bytes at a time. */

const LITTLE_ENDIAN = true;

/** The most bytes from a place on that looking for a pattern there reads. */
export const MAX_PATTERN_BYTES = 32;

/** Texts that may stand at a place in the bytes, by their number. */
export class BytePatterns {
  /** How many bytes each has. */
  readonly lengths: Int32Array;
  readonly #words: Int32Array;
  /** Where the words of each begin; one more for the end. */
  readonly #from: Int32Array;
  /** The bytes that count of the last word of each. */
  readonly #masks: Int32Array;

  constructor(texts: readonly string[]) {
    const encoder = new TextEncoder();
    const all = texts.map((text) => encoder.encode(text));
    this.lengths = Int32Array.from(all, ({ length }) => length);
    this.#masks = Int32Array.from(
      all,
      ({ length }) => length % 4 === 0 ? -1 : (1 << 8 * (length % 4)) - 1,
    );
    const from = [0];
    const words: number[] = [];
    for (const bytes of all) {
      const padded = new DataView(new ArrayBuffer(Math.ceil(bytes.length / 4) * 4));
      new Uint8Array(padded.buffer).set(bytes);
      for (let at = 0; at < bytes.length; at += 4) words.push(padded.getInt32(at, LITTLE_ENDIAN));
      from.push(words.length);
    }
    this.#words = Int32Array.from(words);
    this.#from = Int32Array.from(from);
  }

  /** Whether the pattern of that number stands at a place. */
  isAt(view: DataView, at: number, pattern: number): boolean {
    const words = this.#words;
    const last = (this.#from[pattern + 1] as number) - 1;
    let place = at;
    for (let word = this.#from[pattern] as number; word < last; word++) {
      if (view.getInt32(place, LITTLE_ENDIAN) !== words[word]) return false;
      place += 4;
    }
    const differing = view.getInt32(place, LITTLE_ENDIAN) ^ (words[last] as number);
    return (differing & (this.#masks[pattern] as number)) === 0;
  }
}
