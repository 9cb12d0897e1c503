/**
 * Which cells brighten: those whose text is another than it was. An animation starts anew only
 * when its name changes, so changes alternate between two names of the same one.
 */
import { useRef } from "preact/hooks";
import type { LastKnownContract, LastKnownField } from "../../../options/chain.ts";
import type { Column } from "./columns.ts";

interface Lights {
  contract: LastKnownContract | undefined;
  readonly of: Map<LastKnownField, "lit-a" | "lit-b">;
}

/** The class of each cell of a contract's side: which changes it has just been through. */
export function useLit(contract: LastKnownContract | undefined): (column: Column) => string {
  const lights = useRef<Lights | null>(null);
  lights.current ??= { contract, of: new Map() };
  const { of, contract: before } = lights.current;
  if (before && contract && before !== contract) {
    for (const field of changedFields(before, contract)) {
      of.set(field, of.get(field) === "lit-a" ? "lit-b" : "lit-a");
    }
  }
  lights.current.contract = contract;
  return (column) => of.get(column.field) ?? "";
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
