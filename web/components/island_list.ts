/** Every island by the name of its file in `islands/`, by which the browser finds it again. */
import AgentsView from "../islands/AgentsView.tsx";
import ChainView from "../islands/ChainView.tsx";
import ContractView from "../islands/ContractView.tsx";
import FirstPrices from "../islands/FirstPrices.tsx";
import SiteHead from "../islands/SiteHead.tsx";
import TickersView from "../islands/TickersView.tsx";

export const islands = { AgentsView, ChainView, ContractView, FirstPrices, SiteHead, TickersView };

/** The name of an island. */
export type IslandName = keyof typeof islands;
