/** The browser's half of islands: finds what the server marked and takes it over. */
import { type ComponentType, h, hydrate } from "preact";

/** Loads the module of an island by its name. */
export type LoadIsland = (name: string) => Promise<ComponentType<object>>;

/**
 * Hydrates every island of a document with the props beside it. Rejects, naming the island, where
 * its module or its props cannot be read; the HTML stays as it was.
 */
export async function hydrateIslands(root: ParentNode, load: LoadIsland): Promise<void> {
  const places = [...root.querySelectorAll<HTMLElement>("[data-island]")];
  await Promise.all(places.map(async (place) => {
    const name = place.dataset["island"] ?? "";
    const island = await load(name);
    hydrate(h(island, propsOf(place, name)), place);
  }));
}

function propsOf(place: HTMLElement, name: string): object {
  const block = place.nextElementSibling;
  const props: unknown = JSON.parse(block?.textContent ?? "null");
  if (typeof props !== "object" || props === null) {
    throw new Error(`The props of the island ${name} are not in the page`);
  }
  return props;
}
