/**
 * Goes over JSON by its bytes, without a text or a value in between, as far as it is plain: texts of
 * ASCII without escapes. What is not plain, is left to `JSON.parse`.
 */

const NOTHING = new Uint8Array();

/** A place in the bytes of a JSON text. `false` and `undefined` say: not plain. */
export class JsonBytes {
  /** Where the next byte is. */
  at = 0;
  /** The text read last: from here, without its quotes, … */
  start = 0;
  /** … to here. */
  end = 0;
  bytes: Uint8Array = NOTHING;

  /** Begins with other bytes. */
  open(bytes: Uint8Array): void {
    const { buffer, byteOffset, byteLength } = bytes;
    // Bytes of one class only, whatever kind of them was given: what reads them is then quick.
    this.bytes = new Uint8Array(buffer, byteOffset, byteLength);
    this.at = 0;
  }

  /** Lets go of the bytes. */
  close(): void {
    this.bytes = NOTHING;
  }

  /** The next byte that is no white space; 0 at the end. */
  peek(): number {
    const { bytes } = this;
    let byte = bytes[this.at] ?? 0;
    while (byte <= SPACE && isSpace(byte)) byte = bytes[++this.at] ?? 0;
    return byte;
  }

  /** Goes past a byte, and white space before it, if it is there. */
  take(byte: number): boolean {
    if (this.bytes[this.at] !== byte && this.peek() !== byte) return false;
    this.at++;
    return true;
  }

  /** Goes past a text, which is then from `start` to `end`. */
  takeText(): boolean {
    if (!this.take(QUOTE)) return false;
    const { bytes } = this;
    let at = this.start = this.at;
    let byte = bytes[at] ?? 0;
    while (byte >= SPACE && byte < 0x80 && byte !== QUOTE && byte !== BACKSLASH) {
      byte = bytes[++at] ?? 0;
    }
    this.end = at;
    this.at = at + 1;
    return byte === QUOTE;
  }

  /** The text from `start` to `end`. */
  text(): string {
    return ascii(this.bytes, this.start, this.end);
  }

  /** Goes past a value of any kind. Whether it is JSON at all, is not looked at. */
  skip(): boolean {
    let depth = 0;
    do {
      const byte = this.peek();
      if (byte === QUOTE) {
        if (!this.#skipText()) return false;
      } else if (byte === 0) return false;
      else {
        if (byte === 0x5b || byte === 0x7b) depth++;
        else if (byte === 0x5d || byte === 0x7d) depth--;
        this.at++;
        if (depth === 0 && byte !== 0x5d && byte !== 0x7d) this.#skipWord();
      }
    } while (depth > 0);
    return true;
  }

  #skipText(): boolean {
    const { bytes } = this;
    let at = this.at + 1;
    for (; at < bytes.length; at++) {
      if (bytes[at] === BACKSLASH) at++;
      else if (bytes[at] === QUOTE) break;
    }
    this.at = at + 1;
    return at < bytes.length;
  }

  /** Goes past the rest of a number, or of `true`, `false` or `null`. */
  #skipWord(): void {
    const { bytes } = this;
    for (let byte = bytes[this.at] ?? 0; isOfWord(byte); byte = bytes[++this.at] ?? 0);
  }
}

const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

function isSpace(byte: number): boolean {
  return byte === SPACE || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function isOfNumber(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39 || byte === 0x2b || byte === 0x2d || byte === 0x2e ||
    byte === 0x45 || byte === 0x65;
}

function isOfWord(byte: number): boolean {
  return isOfNumber(byte) || byte >= 0x61 && byte <= 0x7a;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The JSON value of pieces of UTF-8; `undefined` where they make none. */
export function jsonValue(...pieces: readonly Uint8Array[]): unknown {
  try {
    return JSON.parse(pieces.map((piece) => utf8.decode(piece)).join(""));
  } catch {
    return undefined;
  }
}

/** The text of bytes that are ASCII. */
export function ascii(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at] ?? 0);
  return text;
}
