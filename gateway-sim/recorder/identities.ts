/**
 * Takes account numbers and user names out of what is recorded. Each is replaced by a made-up one
 * of the same length, always the same for the same one: lengths in frames still hold, and the record
 * still makes sense. Numbers are learned where the protocol says that a field is one, and then
 * replaced wherever they stand; what looks like one is replaced unlearned.
 */
import { Buffer } from "node:buffer";
import { ANSWERS, ERROR, errorPlaces, QUESTIONS } from "./messages.ts";

/** Who sent a frame. */
export type Side = "client" | "gateway";

/** How the frames of a connection are to be read; version `null` before the handshake. */
export interface FrameOrigin {
  readonly from: Side;
  readonly serverVersion: number | null;
}

/**
 * Live (`U1234567`), advisor and omnibus accounts (`F…`, `I…`), those of paper trading (`DU…`,
 * `DUM…`, `DF…`), and family codes, which end in a letter. Within a word it is none: `C00202500` in
 * an OCC symbol.
 */
const ACCOUNT_FORM = "(?<![A-Za-z0-9])D?[UFI][A-Z]{0,2}\\d{5,9}[A-Z]?(?![A-Za-z0-9])";

/** In protobuf a number may stand beside bytes that happen to be letters or digits. */
const ACCOUNT_FORM_IN_BYTES = "D?[UFI][A-Z]{0,2}\\d{5,9}";

/** A learned name of this form is replaced within words too; another would be found in ordinary words. */
const FOUND_WITHIN_WORDS = /^(?=.*\d).{5,}$/;

/** Field values at an account's place that name all accounts or none. */
const NO_ACCOUNT: ReadonlySet<string> = new Set(["", "ALL", "0", "1"]);

/** The one kind of accountValue whose value is the account. */
const ACCOUNT_CODE = "AccountCode";

/** `User: jdoe`, `username 'jdoe'`: how error texts name a user. */
const USER_NAME =
  /\b(?:user(?: ?name| ?id)?|login)\s*(?:[:=]\s*["']?|["'])([A-Za-z0-9][\w.@-]{2,})/gi;

/** The names that an advisor gave accounts, in the XML of requestFA and replaceFA. */
const ALIAS = /(<alias>)([^<]*)(<\/alias>)/gi;

/** Replaces accounts and users by made-up ones. */
export class Identities {
  /** What stands for each name, by the name in capitals. */
  readonly #madeUp = new Map<string, string>();
  readonly #codes = new Set<string>();
  #accounts = 0;
  #users = 0;
  #learned: RegExp | undefined;

  /** The body of a frame without accounts and users; as long as it was. */
  remove(body: Uint8Array, origin: FrameOrigin): Uint8Array {
    const text = Buffer.from(body).toString("latin1");
    const readable = text.endsWith("\0");
    if (readable) this.#learn(text.split("\0"), origin);
    const form = new RegExp(readable ? ACCOUNT_FORM : ACCOUNT_FORM_IN_BYTES, "g");
    let removed = text.replace(
      ALIAS,
      (_, open, name, close) => open + "x".repeat(name.length) + close,
    );
    if (this.#learned) removed = removed.replace(this.#learned, (found) => this.#codeOf(found));
    removed = removed.replace(
      form,
      (found) => this.#isMadeUp(found) ? found : this.#accountCode(found),
    );
    return Buffer.from(removed, "latin1");
  }

  #learn(fields: readonly string[], { from, serverVersion }: FrameOrigin): void {
    const kind = Number(fields[0]);
    const layout = (from === "client" ? QUESTIONS : ANSWERS).get(kind);
    for (const place of layout?.accountsAt ?? []) {
      for (const account of (fields[place] ?? "").split(",")) this.#learnAccount(account.trim());
    }
    if (from === "client") return;
    if (layout?.name === "accountValue" && fields[2] === ACCOUNT_CODE) {
      this.#learnAccount(fields[3] ?? "");
    }
    // The accounts and the family codes of all that the login sees, pair after pair.
    if (kind === FAMILY_CODES) { for (const code of fields.slice(2)) this.#learnAccount(code); }
    if (kind !== ERROR || serverVersion === null) return;
    const text = fields[errorPlaces(serverVersion).textAt] ?? "";
    for (const [, name = ""] of text.matchAll(USER_NAME)) {
      this.#learnName(name, this.#userCode(name));
    }
  }

  #learnAccount(account: string): void {
    if (NO_ACCOUNT.has(account.toUpperCase()) || this.#isMadeUp(account)) return;
    if (!this.#madeUp.has(account.toUpperCase())) {
      this.#learnName(account, this.#accountCode(account));
    }
  }

  /** From now on the name is replaced wherever it stands, in any case of its letters. */
  #learnName(name: string, code: string): void {
    this.#madeUp.set(name.toUpperCase(), code);
    const names = [...this.#madeUp.keys()].sort((a, b) => b.length - a.length);
    const forms = names.map((each) => {
      const quoted = RegExp.escape(each);
      return FOUND_WITHIN_WORDS.test(each) ? quoted : `(?<![A-Za-z0-9])${quoted}(?![A-Za-z0-9])`;
    });
    this.#learned = new RegExp(forms.join("|"), "gi");
  }

  #codeOf(found: string): string {
    return this.#madeUp.get(found.toUpperCase()) ?? "X".repeat(found.length);
  }

  #isMadeUp(text: string): boolean {
    return this.#codes.has(text.toUpperCase());
  }

  /** As `DU1234567` becomes `DU0000001`: what kind of account it is stays to be seen. */
  #accountCode(account: string): string {
    const known = this.#madeUp.get(account.toUpperCase());
    if (known !== undefined) return known;
    const [, letters, digits, suffix] =
      /^([A-Z]{1,3})(\d{2,})([A-Z]?)$/.exec(account.toUpperCase()) ??
        ["", "DU".slice(0, Math.max(0, account.length - 2)), account.slice(2), ""];
    const code = letters + numbered(++this.#accounts, digits?.length ?? 0) + suffix;
    this.#codes.add(code);
    this.#learnName(account, code);
    return code;
  }

  #userCode(name: string): string {
    const known = this.#madeUp.get(name.toUpperCase());
    if (known !== undefined) return known;
    const word = "user".slice(0, Math.max(0, name.length - 2));
    return word + numbered(++this.#users, name.length - word.length);
  }
}

const FAMILY_CODES = 78;

/** The number with zeros before it, in so many places; the last digits where it has more. */
function numbered(number: number, places: number): string {
  return places === 0 ? "" : String(number).padStart(places, "0").slice(-places);
}
