// @ts-nocheck: AssemblyScript, which `.ci/check.ts` compiles
/** What the scanner exports, beside its memory. */
import { readColumns } from "./columns.ts";
import { CHANGED, leaveKnown, open } from "./found.ts";
import { FAILED } from "./layout.ts";
import { readRows } from "./rows.ts";
import { storeValue } from "./number.ts";
import { settle } from "./settle.ts";

export { settle, storeValue };

/**
 * Reads the contracts at a place in the memory, an array of them or an object of columns. Gives the
 * place behind them, or `FAILED` where the body must be read the exact way. So many rows are in the
 * known set, which are put to their places if `isScattered`; where a row is not as there, all stay
 * in the order of the body. What was left to the caller must be read before all is settled.
 */
export function scan(at: i32, isColumns: bool, known: i32, isScattered: bool): i32 {
  open(known, isScattered);
  let end = isColumns ? readColumns(at) : readRows(at);
  if (end === CHANGED) {
    leaveKnown();
    end = isColumns ? readColumns(at) : readRows(at);
  }
  return end < 0 ? FAILED : end;
}
