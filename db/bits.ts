/** Runs of bits, the highest of a byte first: how rewritten quotes are kept. */

/** Bytes that end too early. */
export class BitsError extends Error {
  override readonly name = "BitsError";
}

/** Writes bits. */
export class BitWriter {
  #bytes = new Uint8Array(4096);
  length = 0;

  /** A whole number from 0 on in so many bits, at most 53. */
  write(value: number, width: number): void {
    if (this.length + 64 > this.#bytes.length * 8) {
      const longer = new Uint8Array(this.#bytes.length * 2);
      longer.set(this.#bytes);
      this.#bytes = longer;
    }
    for (let left = width; left > 0;) {
      const free = 8 - this.length % 8;
      const taken = Math.min(free, left);
      const part = Math.floor(value / 2 ** (left - taken)) % 2 ** taken;
      const at = this.length >>> 3;
      this.#bytes[at] = (this.#bytes[at] ?? 0) | part << free - taken;
      this.length += taken;
      left -= taken;
    }
  }

  /** A number of either sign. */
  number(value: number): void {
    const code = zigzag(value);
    const width = widthOf(code);
    this.write(width, 6);
    this.write(code, width);
  }

  /** What was written, to whole bytes. */
  bytes(): Uint8Array {
    return this.#bytes.slice(0, Math.ceil(this.length / 8));
  }
}

/** Bits that a whole number from 0 on takes. */
export function widthOf(value: number): number {
  return value < 0x8000_0000
    ? 32 - Math.clz32(value)
    : 32 + widthOf(Math.floor(value / 0x1_0000_0000));
}

/** A whole number from 0 on for one of either sign: 0, -1, 1, -2 … */
export function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

/** What {@link zigzag} stands for. */
export function unzigzag(code: number): number {
  return code % 2 === 0 ? code / 2 : -(code + 1) / 2;
}

/** Reads bits from a place on; throws a {@link BitsError} past the end. */
export class BitReader {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  read(width: number): number {
    if (this.at + width > this.#bytes.length * 8) {
      throw new BitsError(`${this.#bytes.length} bytes end before their values do`);
    }
    let value = 0;
    for (let left = width; left > 0;) {
      const free = 8 - this.at % 8;
      const taken = Math.min(free, left);
      const byte = this.#bytes[this.at >>> 3] ?? 0;
      value = value * 2 ** taken + (byte >>> free - taken & (1 << taken) - 1);
      this.at += taken;
      left -= taken;
    }
    return value;
  }

  number(): number {
    return unzigzag(this.read(this.read(6)));
  }
}

/** The greatest common divisor; 0 takes no part. */
export function divisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
