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
  /** How often each field has changed. */
  readonly changes: Map<LastKnownField, number>;
}

/** The class of each cell of a contract's side: which changes it has just been through. */
export function useLit(
  contract: LastKnownContract | undefined,
): (column: Pick<Column, "fields">) => string {
  const lights = useRef<Lights | null>(null);
  lights.current ??= { contract, changes: new Map() };
  const { changes, contract: before } = lights.current;
  if (before && contract && before !== contract) {
    for (const field of changedFields(before, contract)) {
      changes.set(field, (changes.get(field) ?? 0) + 1);
    }
  }
  lights.current.contract = contract;
  return ({ fields }) => {
    const count = fields.reduce((sum, field) => sum + (changes.get(field) ?? 0), 0);
    return count === 0 ? "" : count % 2 === 1 ? "lit-a" : "lit-b";
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
