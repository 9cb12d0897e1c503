import { Component, type ComponentType, type VNode } from "preact";

/**
 * A component that is drawn again only when one of its props is another; without `preact/compat`,
 * which pages would have to load for this alone.
 */
export function memo<P extends object>(inner: (props: P) => VNode): ComponentType<P> {
  return class Memo extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      return !sameProps(this.props, next);
    }
    override render(): VNode {
      return inner(this.props);
    }
  };
}

function sameProps(now: object, next: object): boolean {
  const entries = Object.entries(now);
  const others = new Map<string, unknown>(Object.entries(next));
  return entries.length === others.size &&
    entries.every(([name, value]) => Object.is(value, others.get(name)));
}
