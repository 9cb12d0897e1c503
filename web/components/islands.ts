/**
 * The server's half of islands: a component of `islands/` may be used like any other, and what it
 * draws is marked with its name and props, so that the browser (`client/main.ts`) can take it
 * over. Everything else on a page stays HTML.
 */
import { Fragment, h, options, type VNode } from "preact";
import { islands } from "./island_list.ts";

/** The name of each island's component: that of its file. */
const names = new Map<unknown, string>(Object.entries(islands).map(([name, of]) => [of, name]));

const before = options.vnode;

options.vnode = (vnode) => {
  const name = names.get(vnode.type);
  if (name !== undefined) {
    // `names` holds functions only. What is inside is drawn by another function (one inside a
    // component has that one's hooks), or it would be marked again without end.
    const content = unmarked(vnode.type as Draw);
    Object.assign(vnode, { type: IslandHost, props: { name, props: vnode.props, content } });
  }
  before?.(vnode);
};

interface HostProps {
  readonly name: string;
  readonly props: object;
  readonly content: Draw;
}

function IslandHost({ name, props, content }: HostProps): VNode {
  return h(
    Fragment,
    null,
    h("div", { "data-island": name }, h(content, props)),
    // A block of data is no script to a browser, so the content security policy lets it be.
    h("script", { type: "application/json", dangerouslySetInnerHTML: { __html: toJson(props) } }),
  );
}

const contents = new Map<unknown, Draw>();

type Draw = (props: object) => VNode;

function unmarked(island: Draw): Draw {
  const content = contents.get(island) ?? ((props: object) => island(props));
  contents.set(island, content);
  return content;
}

/** Props as they stand in the page: no text in them can end the block. */
function toJson(props: object): string {
  return JSON.stringify(props, (_key, value: unknown) => {
    if (typeof value === "function" || typeof value === "symbol") {
      throw new TypeError("An island's props must be JSON; found a function or a symbol");
    }
    return value;
  }).replaceAll("<", "\\u003c");
}
