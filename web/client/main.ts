/** What the browser runs on a page with an island. */
import type { ComponentType } from "preact";
import type { IslandName } from "../components/island_list.ts";
import { DEFAULT_LOCALE, setLocale } from "../components/format.ts";
import { hydrateIslands } from "./hydrate.ts";

const islands: Readonly<Record<IslandName, () => Promise<{ readonly default: unknown }>>> = {
  AgentsView: () => import("../islands/AgentsView.tsx"),
  ChainView: () => import("../islands/ChainView.tsx"),
  ContractView: () => import("../islands/ContractView.tsx"),
  FirstPrices: () => import("../islands/FirstPrices.tsx"),
  SiteHead: () => import("../islands/SiteHead.tsx"),
  TickersView: () => import("../islands/TickersView.tsx"),
};

// As the server wrote them, or hydration would find other texts.
setLocale(document.documentElement.dataset["locale"] ?? DEFAULT_LOCALE);

await hydrateIslands(document, async (name) => {
  if (!isIsland(name)) throw new Error(`There is no island ${name}`);
  const { default: island } = await islands[name]();
  // The props in the page are those that the server drew this component with.
  return island as ComponentType<object>;
});

function isIsland(name: string): name is IslandName {
  return Object.hasOwn(islands, name);
}

// By keyboard and by script one can wait for the page to answer.
document.documentElement.dataset["awake"] = "";

// Pages are readable without it; a browser in private mode may refuse it.
navigator.serviceWorker?.register("/sw.js").catch(() => {});
