/** The chain of an open page: what the server rendered, and every change since. */
import type { LastKnownField } from "../../options/chain.ts";
import type { OccSymbol } from "../../options/contract.ts";
import type { ChainRow, ChainState } from "../../options/wire/chain.ts";
import type { ChainMessage, DeltaMessage, ExpiryState } from "../../options/wire/live.ts";
import { type ExpiryTab, tabOf } from "../components/chain/view.ts";
import type { ShownContract } from "../components/chain/shown_contract.ts";
import { contractOfRow } from "./rows.ts";

/** What a chain page shows at a moment. */
export interface ShownChain {
  readonly state: ChainState;
  readonly tabs: readonly ExpiryTab[];
  readonly contracts: ReadonlyMap<OccSymbol, ShownContract>;
  /** The fields that the page draws. */
  readonly fields: readonly LastKnownField[];
}

/** A chain page after a whole chain came. */
export function takeChain(shown: ShownChain, { chain, expiries }: ChainMessage): ShownChain {
  const { expirations, contracts: rows, ...state } = chain;
  const contracts = new Map(rows.map((row) => {
    const contract = contractOf(shown, row);
    return [contract.occ, contract];
  }));
  return { ...shown, state, contracts, tabs: takeTabs(shown.tabs, expirations, expiries) };
}

/** A chain page after a change; `undefined` where something before it is missing. */
export function takeDelta(shown: ShownChain, delta: DeltaMessage): ShownChain | undefined {
  if (delta.fromSeq > shown.state.seq) return undefined;
  // Late, after a resubscription: what it says is known already.
  if (delta.seq < shown.state.seq) return shown;
  const contracts = new Map(shown.contracts);
  for (const row of delta.contracts) {
    const contract = contractOf(shown, row);
    contracts.set(contract.occ, contract);
  }
  return {
    ...shown,
    state: delta.state,
    contracts,
    tabs: takeTabs(shown.tabs, delta.expirations, delta.expiries),
  };
}

/** The tabs of these expiries: those that the message tells of anew, the others as they were. */
function takeTabs(
  tabs: readonly ExpiryTab[],
  expirations: readonly string[],
  told: readonly ExpiryState[],
): readonly ExpiryTab[] {
  const known = new Map(tabs.map((tab) => [tab.expiry, tab]));
  for (const tab of told.map(tabOf)) known.set(tab.expiry, tab);
  return [...known.values()]
    .filter(({ expiry }) => expirations.includes(expiry))
    .sort((a, b) => a.expiry < b.expiry ? -1 : 1);
}

/** The contract of a row; as it was where nothing of it changed, so that it is not drawn again. */
function contractOf({ contracts, fields }: ShownChain, row: ChainRow): ShownContract {
  // A row's symbol is the key of its contract.
  const before = contracts.get(row.symbol as OccSymbol);
  const after = contractOfRow(row, fields, before?.closeLast ?? null);
  return before && JSON.stringify(before) === JSON.stringify(after) ? before : after;
}
