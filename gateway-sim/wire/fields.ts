/**
 * The body of a frame: text fields, each ended by NUL, the last one too. Numbers are decimal text,
 * booleans `1` and `0`.
 */

/** What a field may be made of. */
export type Field = string | number | boolean;

/** IB's "unset" double (Java's Double.MAX_VALUE) as text. */
export const UNSET_DOUBLE = "1.7976931348623157E308";
/** IB's "unset" integer. */
export const UNSET_INTEGER = 2_147_483_647;

/** IB's "unset" size (the greatest 64-bit integer) as text: a number of JavaScript cannot hold it. */
export const UNSET_DECIMAL = "9223372036854775807";

/** A field that cannot be read as what the message says it is. */
export class FieldError extends Error {
  constructor(
    readonly fieldName: string,
    readonly text: string | undefined,
    readonly allowed: string,
  ) {
    super(
      text === undefined
        ? `Field '${fieldName}' is missing; expected ${allowed}`
        : `Field '${fieldName}' was read as '${text.slice(0, 40)}'; expected ${allowed}`,
    );
  }
}

/**
 * The body of a message.
 *
 * @example
 * ```ts
 * import { encodeFields } from "./fields.ts";
 * console.assert(encodeFields(9, 1, 100) === "9\x001\x00100\x00");
 * ```
 */
export function encodeFields(...fields: readonly Field[]): string {
  let body = "";
  for (const field of fields) {
    body += typeof field === "boolean" ? (field ? "1\0" : "0\0") : field + "\0";
  }
  return body;
}

/**
 * Text that may hold other than ASCII, as servers from version 153 on send it in error texts and
 * long names: `\uXXXX` for each UTF-16 unit outside ASCII, and no other backslash, since ibapi
 * decodes these fields with Python's `unicode-escape`.
 *
 * @example
 * ```ts
 * import { escapeText } from "./fields.ts";
 * console.assert(escapeText("Société") === "Soci\\u00e9t\\u00e9");
 * ```
 */
export function escapeText(text: string): string {
  let escaped = "";
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit === 0x5c || unit > 0x7e) escaped += `\\u${unit.toString(16).padStart(4, "0")}`;
    else if (unit < 0x20) escaped += " ";
    else escaped += text[index];
  }
  return escaped;
}

/** Reads fields one after the other. Each read throws {@link FieldError} where the field is not what it should be. */
export class FieldReader {
  readonly #fields: readonly string[];
  #next = 0;
  #requestId: number | undefined;

  constructor(body: Uint8Array) {
    const fields = new TextDecoder().decode(body).split("\0");
    // The last field is ended by NUL too; what follows it is nothing.
    if (fields.at(-1) === "") fields.pop();
    this.#fields = fields;
  }

  /** The id of the request, as soon as it was read: an error about a later field answers it. */
  get requestId(): number | undefined {
    return this.#requestId;
  }

  /** How many fields are left. */
  get left(): number {
    return this.#fields.length - this.#next;
  }

  /** A text; may be empty. */
  text(name: string): string {
    const text = this.#fields[this.#next];
    if (text === undefined) throw new FieldError(name, undefined, "a text");
    this.#next++;
    return text;
  }

  /** A whole number; an empty field and IB's "unset" are `undefined`. */
  integer(name: string): number | undefined {
    const text = this.text(name);
    if (text === "" || text === String(UNSET_INTEGER)) return undefined;
    if (!/^-?\d{1,15}$/.test(text)) throw new FieldError(name, text, "a whole number");
    return Number(text);
  }

  /** A whole number that must be there. */
  required(name: string): number {
    const value = this.integer(name);
    if (value === undefined) throw new FieldError(name, "", "a whole number");
    return value;
  }

  /** The id of the request or order that the message is about. */
  readRequestId(): number {
    this.#requestId = this.required("reqId");
    return this.#requestId;
  }

  /** A number; an empty field and IB's "unset" are `undefined`. */
  decimal(name: string): number | undefined {
    const text = this.text(name);
    if (text === "") return undefined;
    const value = Number(text);
    if (Number.isNaN(value)) throw new FieldError(name, text, "a number");
    return value === Number.MAX_VALUE || !Number.isFinite(value) ? undefined : value;
  }

  /** A flag; empty counts as no (@stoqey/ib sends an unset flag as an empty field). */
  flag(name: string): boolean {
    const text = this.text(name);
    if (text === "1" || text.toLowerCase() === "true") return true;
    if (text === "0" || text === "" || text.toLowerCase() === "false") return false;
    throw new FieldError(name, text, "1 or 0");
  }

  /** Reads over `count` fields. */
  skip(name: string, count: number): void {
    for (let index = 0; index < count; index++) this.text(name);
  }
}
