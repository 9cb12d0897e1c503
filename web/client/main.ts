/** What the browser runs on a page with an island. */
import type { ComponentType } from "preact";
import type { IslandName } from "../components/island_list.ts";
import { hydrateIslands } from "./hydrate.ts";

const islands: Readonly<Record<IslandName, () => Promise<{ readonly default: unknown }>>> = {
  ChainView: () => import("../islands/ChainView.tsx"),
  FirstPrices: () => import("../islands/FirstPrices.tsx"),
  TickersView: () => import("../islands/TickersView.tsx"),
};

await hydrateIslands(document, async (name) => {
  if (!isIsland(name)) throw new Error(`There is no island ${name}`);
  const { default: island } = await islands[name]();
  // The props in the page are those that the server drew this component with.
  return island as ComponentType<object>;
});

function isIsland(name: string): name is IslandName {
  return Object.hasOwn(islands, name);
}
