/**
 * What an option contract is called. The key of a contract is its compact OCC symbol, root
 * included: SPX and SPXW share expiry and strike, and only the root tells them apart.
 */

declare const brand: unique symbol;

/** The underlying, in upper case, a share class after a hyphen: `EA`, `BRK-B`, `SPX`. */
export type Ticker = string & { readonly [brand]: "Ticker" };

/** A compact OCC symbol: root, expiry `YYMMDD`, `C` or `P`, strike in thousandths on eight digits. */
export type OccSymbol = string & { readonly [brand]: "OccSymbol" };

/** A calendar date `YYYY-MM-DD`, without a zone. */
export type IsoDate = string & { readonly [brand]: "IsoDate" };

/** The right of an option. */
export type Right = "C" | "P";

/** An option contract. `root` is the trading class; `strike` is in the currency of the contract. */
export interface Contract {
  readonly occ: OccSymbol;
  readonly root: string;
  readonly expiry: IsoDate;
  readonly right: Right;
  readonly strike: number;
}

/** The largest strike that eight digits of thousandths can say. */
export const MAX_STRIKE = 99_999.999;

const OCC = /^([A-Z][A-Z0-9.]{0,5})(\d{2})(\d{2})(\d{2})([CP])(\d{8})$/;
const TICKER = /^[A-Z][A-Z0-9]{0,9}(?:-[A-Z0-9]{1,3})?$/;

/**
 * The ticker that a text names, in upper case; `undefined` where it names none. A share class may
 * be written as feeds do, `BRK B`, `BRK.B` or `BRK/B`, and is one ticker, `BRK-B`.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { parseTicker } from "./contract.ts";
 * assert(parseTicker("brk.b") === "BRK-B");
 * assert(parseTicker("no such!") === undefined);
 * ```
 */
export function parseTicker(text: string): Ticker | undefined {
  const upper = text.trim().toUpperCase().replace(/[./ ]/, "-");
  // The check is what the brand stands for.
  return TICKER.test(upper) ? upper as Ticker : undefined;
}

/**
 * The date that `YYYY-MM-DD` or `YYYYMMDD` names; `undefined` where there is no such day.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { parseIsoDate } from "./contract.ts";
 * assert(parseIsoDate("20260717") === "2026-07-17");
 * assert(parseIsoDate("2026-02-30") === undefined);
 * ```
 */
export function parseIsoDate(text: string): IsoDate | undefined {
  const match = /^(\d{4})-?(\d{2})-?(\d{2})$/.exec(text);
  if (!match || (text.includes("-") && text.length !== 10)) return undefined;
  const iso = `${match[1]}-${match[2]}-${match[3]}`;
  const day = new Date(`${iso}T00:00:00Z`);
  // Date rolls 30 February over into March; a day that is not itself does not exist.
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== iso) return undefined;
  return iso as IsoDate;
}

/**
 * The contract of a compact (`SPXW260717C07500000`) or padded (`SPXW  260717C07500000`) OCC symbol;
 * `undefined` where the text is none. IB's `localSymbol` is the padded form.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { parseOcc } from "./contract.ts";
 * const contract = parseOcc("SPXW  260717C07500000");
 * assert(contract?.occ === "SPXW260717C07500000" && contract.strike === 7500);
 * ```
 */
export function parseOcc(text: string): Contract | undefined {
  const match = OCC.exec(text.replaceAll(" ", ""));
  if (!match) return undefined;
  const [occ, root = "", year, month, day, right, thousandths] = match;
  const expiry = parseIsoDate(`20${year}-${month}-${day}`);
  const strike = Number(thousandths) / 1000;
  if (!expiry || strike <= 0) return undefined;
  return { occ: occ as OccSymbol, root, expiry, right: right === "C" ? "C" : "P", strike };
}

/**
 * Builds a contract from its parts; `undefined` where the strike is not a positive number of at
 * most three decimals below 100,000, or the root is none.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { makeContract, parseIsoDate } from "./contract.ts";
 * const expiry = parseIsoDate("2014-06-21");
 * const contract = expiry && makeContract("AAPL", expiry, "P", 70.71);
 * assert(contract?.occ === "AAPL140621P00070710");
 * ```
 */
export function makeContract(
  root: string,
  expiry: IsoDate,
  right: Right,
  strike: number,
): Contract | undefined {
  const thousandths = Math.round(strike * 1000);
  if (!(strike > 0 && strike <= MAX_STRIKE) || Math.abs(thousandths - strike * 1000) > 1e-6) {
    return undefined;
  }
  const day = expiry.slice(2, 4) + expiry.slice(5, 7) + expiry.slice(8, 10);
  return parseOcc(`${root}${day}${right}${String(thousandths).padStart(8, "0")}`);
}
