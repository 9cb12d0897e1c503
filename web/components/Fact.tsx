import type { ComponentChildren, VNode } from "preact";

/** One fact of a `dl.facts`: its name above, what is so below, how it came to be on hover. */
export function Fact(
  props: { name: string; title?: string | undefined; children: ComponentChildren },
): VNode {
  return (
    <div class="fact" title={props.title}>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}
