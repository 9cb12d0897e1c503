/** A contract as pages show it, with what is to be known before its values are. */
import type { LastKnownContract } from "../../../options/chain.ts";
import { NEVER_QUOTED, type QualityBits } from "../../../options/quality_flags.ts";

/** A contract as pages show it. */
export interface ShownContract extends LastKnownContract {
  /** Why its values are not to be used as they stand. */
  readonly quality: QualityBits;
  /** The last trade of the session before, by which a change is told; null where none is known. */
  readonly closeLast: number | null;
}

/** Whether nothing of a contract was ever seen. */
export function isNeverQuoted({ quality }: ShownContract): boolean {
  return (quality & NEVER_QUOTED) !== 0;
}

/** When the newest of a contract was seen; null where nothing of it ever was. */
export function seenMs(contract: LastKnownContract): number | null {
  if (contract.asOfMs !== null) return contract.asOfMs;
  const times = Object.values(contract.fields).map((seen) => seen.seenAtMs);
  return times.length === 0 ? null : Math.max(...times);
}
