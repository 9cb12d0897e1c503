/**
 * Which cells brighten: those whose text is another than it was. An animation starts anew only
 * when its name changes, so changes alternate between two names of the same one.
 */
import { useRef } from "preact/hooks";
import type { LastKnownContract, LastKnownField } from "../../../options/chain.ts";
import type { Column } from "./columns.ts";

type Lit = "lit-a" | "lit-b";

/** The class of a text on its own: empty until it changes for the first time. */
export function useLitText(text: string): Lit | undefined {
  const last = useRef<{ text: string; lit: Lit | undefined }>({ text, lit: undefined });
  if (last.current.text !== text) last.current = { text, lit: other(last.current.lit) };
  return last.current.lit;
}

function other(lit: Lit | undefined): Lit {
  return lit === "lit-a" ? "lit-b" : "lit-a";
}

interface Lights {
  contract: LastKnownContract | undefined;
  /** By the name of a column. */
  readonly of: Map<string, Lit>;
}

/**
 * The class of each cell of a contract's side: which changes it has just been through. To be asked
 * once for each column at each drawing.
 */
export function useLit(contract: LastKnownContract | undefined): (column: Column) => string {
  const lights = useRef<Lights | null>(null);
  lights.current ??= { contract, of: new Map() };
  const { of, contract: before } = lights.current;
  const changed = before && contract && before !== contract ? changedFields(before, contract) : [];
  lights.current.contract = contract;
  return ({ name, fields }) => {
    if (fields.some((field) => changed.includes(field))) of.set(name, other(of.get(name)));
    return of.get(name) ?? "";
  };
}

/** The fields whose value is another, or is now what it was not: none, or a price again. */
export function changedFields(
  before: LastKnownContract,
  after: LastKnownContract,
): readonly LastKnownField[] {
  const names = new Set([...Object.keys(before.fields), ...Object.keys(after.fields)]);
  // The keys of `fields` are its field names.
  return [...names as Set<LastKnownField>].filter((field) => {
    const was = before.fields[field];
    const is = after.fields[field];
    return was?.value !== is?.value || was?.now !== is?.now;
  });
}
