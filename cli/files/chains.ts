/** Recorded chains as history: each is a snapshot as of its time. */
import type { FiledChain } from "../../options/formats/chain_file.ts";
import {
  type Cell,
  FIELD_NAME,
  type HistoryItem,
  HistoryRows,
} from "../../options/formats/history.ts";
import { QUOTE_FIELDS } from "../../options/quote.ts";

/**
 * A chain of a file as a batch, or what is wrong with it. Nothing says when a recorded chain was
 * received: that is taken to be its own time.
 */
export function chainItem({ file, ticker, updatedMs, spot, contracts }: FiledChain): HistoryItem {
  const rows = new HistoryRows();
  const head: Readonly<Record<string, Cell>> = { ticker, as_of: new Date(updatedMs), spot };
  for (const quote of contracts) {
    const { occ } = quote.contract;
    const cells: Record<string, Cell> = { ...head, occ };
    for (const field of QUOTE_FIELDS) cells[FIELD_NAME[field]] = quote[field];
    rows.add((name) => cells[name], `${file}, ${occ}`);
  }
  return rows.end() ?? { kind: "refused", rows: 0, problems: [`${file}: has no contract`] };
}
