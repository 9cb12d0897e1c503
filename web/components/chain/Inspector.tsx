/**
 * What is known of the cell that the pointer or the focus is on: its value to the last digit, its
 * age and kind, when it was seen by the reader's clock and by New York's, and what is wrong with it.
 * It has one line of fixed height, so that nothing moves.
 */
import type { VNode } from "preact";
import { useContext } from "preact/hooks";
import { ageText, effectiveAgeMs, freshnessOf } from "../../../options/freshness.ts";
import { flagsOf, QUALITY_WORDS } from "../../../options/quality_flags.ts";
import { useTextOfNow, ZoneContext } from "../clock.ts";
import { dateText, dateTimeText, exactly, NEW_YORK, strikeText, zonedText } from "../format.ts";
import { missingText } from "./ChainTable.tsx";
import type { Column } from "./columns.ts";
import { contractOf } from "./sections.ts";
import { seenMs, type ShownContract } from "./shown_contract.ts";

/** What is pointed at; no column stands for the row itself. */
export interface Pointed {
  readonly contract: ShownContract;
  readonly column: Column | null;
}

/** The line of what is pointed at. */
export function Inspector({ pointed }: { pointed: Pointed | null }): VNode {
  const zone = useContext(ZoneContext);
  const text = useTextOfNow((nowMs) => pointed === null ? "" : wordsOf(pointed, nowMs, zone));
  return (
    <p class="inspector" role="status">
      {text || "Point at a price, or move by the arrow keys, to see its age, kind and times here."}
    </p>
  );
}

/** All that is known of a cell, in one sentence. */
export function wordsOf({ contract, column }: Pointed, nowMs: number, zone: string): string {
  const { root, expiry, strike, right } = contractOf(contract.occ);
  const side = right === "C" ? "call" : "put";
  const parts = [`${root} ${dateText(expiry)} ${strikeText(strike)} ${side}`];
  const seen = column?.seen(contract);
  const atMs = column ? seen?.seenAtMs ?? null : seenMs(contract);
  if (column) {
    parts.push(
      seen ? `${column.words} ${exactly(seen.value)}` : `${column.words} ∅: ${column.noneWords}`,
    );
    if (seen && !seen.now) parts.push("none now, the last one known");
  }
  if (atMs !== null) {
    const { kind } = contract;
    const ageMs = nowMs - atMs;
    const age = `${freshnessOf(ageMs, kind)}, ${ageText(effectiveAgeMs(ageMs, kind))} old`;
    parts.push(kind === null ? age : `${age}, ${kind.replace("_", " and ")}`);
    const there = zone === NEW_YORK ? "" : ` (${zonedText(atMs, zone)})`;
    parts.push(`seen ${dateTimeText(atMs)} New York${there}`);
  } else if (!column) parts.push("never quoted");
  const missing = missingText(contract);
  if (missing !== undefined) parts.push(missing);
  parts.push(...flagsOf(contract.quality).map((flag) => QUALITY_WORDS[flag]));
  return parts.join(" · ");
}
