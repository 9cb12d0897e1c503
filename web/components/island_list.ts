/** Every island by the name of its file in `islands/`, by which the browser finds it again. */
import ChainView from "../islands/ChainView.tsx";
import FirstPrices from "../islands/FirstPrices.tsx";
import TickersView from "../islands/TickersView.tsx";

export const islands = { ChainView, FirstPrices, TickersView };

/** The name of an island. */
export type IslandName = keyof typeof islands;
