/** Which ticker that is followed a contract belongs to. */
import { type Contract, parseTicker } from "../../../options/contract.ts";
import type { Chains, TrackedTicker } from "../../services.ts";

/** The ticker whose chain has the contract. Most roots are tickers; SPXW is of SPX. */
export async function tickerWith(
  { occ, root }: Contract,
  chains: Chains,
): Promise<TrackedTicker | undefined> {
  const ticker = parseTicker(root);
  const own = ticker && await chains.get(ticker);
  if (own?.chain.contracts.has(occ)) return own;
  return (await chains.all()).find(({ chain }) => chain.contracts.has(occ));
}
