/**
 * What the root of an option says about its hours and settlement. Only what differs from a plain
 * equity option is listed; sources: Cboe's product specifications and its list of classes that
 * trade until 16:15.
 */

/** How a class trades and expires. */
export type OptionClass =
  /** Trades until 16:00, also on its last day. */
  | "equity"
  /** Options on ETFs and PM-settled broad indexes that trade until 16:15, also on their last day. */
  | "late"
  /** PM-settled index options: trade until 16:15, on their last day until 16:00. */
  | "pm-index"
  /** AM-settled index options: trade until 16:15, last on the session before the settlement. */
  | "am-index";

const AM_INDEX = words(`
  SPX NDX RUT VIX VIXW DJX RUI RLG RLV MXEA MXEF MXACW MXUSA MXWLD
  SIXB SIXC SIXE SIXI SIXM SIXR SIXRE SIXT SIXU SIXV SIXY`);

const PM_INDEX = words("SPXW SPXPM NDXP RUTW XSP NANOS NQX XND MRUT DJXW MBTX CBTX SPESG");

const LATE = words(`
  OEX XEO
  SPY QQQ IWM DIA MDY OEF EEM EFA IWN IWO IWV XHB XLB XLC XLE XLF XLI XLK XLP XLRE XLU XLV XLY XME
  XRT KBE KRE SLX MOO FXI IYR LQD TLT DBA DBB DBC DBO DBS UNG UUP SVXY UVXY UVIX SVIX VIXM VIXY VXX VXZ`);

/**
 * The class of a root or ticker. The digit of an adjusted root (`SPY1`) does not matter.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { optionClassOf } from "./option_class.ts";
 * assert(optionClassOf("SPX") === "am-index" && optionClassOf("SPXW") === "pm-index");
 * assert(optionClassOf("SPY") === "late" && optionClassOf("EA") === "equity");
 * ```
 */
export function optionClassOf(root: string): OptionClass {
  const base = root.replace(/\d+$/, "");
  if (AM_INDEX.has(base)) return "am-index";
  if (PM_INDEX.has(base)) return "pm-index";
  return LATE.has(base) ? "late" : "equity";
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}
