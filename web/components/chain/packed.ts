/**
 * Contracts as a page carries them for its island: by column, so that thousands of them add a
 * tenth to the page rather than double it. Times are indexes into one list, since one read gives
 * its time to everything it saw.
 */
import type { LastKnownField, Seen } from "../../../options/chain.ts";
import type { OccSymbol } from "../../../options/contract.ts";
import type { MarketDataKind } from "../../../options/quote.ts";
import type { ShownContract } from "./shown_contract.ts";

/** One field of all contracts. A missing value was never seen. */
interface PackedField {
  readonly values: readonly (number | null)[];
  /** Index into `times`; left out where every value was seen when its row was. */
  readonly seenAt?: readonly number[];
  /** The rows whose value is known and none now; left out where there is none. */
  readonly noneNow?: readonly number[];
}

/** Contracts by column, as JSON. */
export interface PackedContracts {
  readonly occ: readonly OccSymbol[];
  readonly times: readonly number[];
  /** Index into `times`; -1 where nothing that counted listed the contract. */
  readonly asOf: readonly number[];
  readonly kind: readonly (MarketDataKind | null)[];
  /** Why the newest read did not bring a contract, by its row. */
  readonly missing: Readonly<Record<string, string>>;
  /** The flags of each. */
  readonly quality: readonly number[];
  /** The last trade of the session before; left out where no column tells a change. */
  readonly closeLast?: readonly (number | null)[];
  readonly fields: Readonly<Partial<Record<LastKnownField, PackedField>>>;
}

/** Packs the given fields of these contracts. */
export function packContracts(
  contracts: readonly ShownContract[],
  names: readonly LastKnownField[],
): PackedContracts {
  const times = new Map<number, number>();
  const timeIndex = (ms: number): number => {
    const index = times.get(ms) ?? times.size;
    times.set(ms, index);
    return index;
  };
  const asOf = contracts.map(({ asOfMs }) => asOfMs === null ? -1 : timeIndex(asOfMs));
  const fields: Partial<Record<LastKnownField, PackedField>> = {};
  for (const field of names) {
    const packed = packField(contracts.map((contract) => contract.fields[field]), asOf, timeIndex);
    if (packed) fields[field] = packed;
  }
  const missing: Record<string, string> = {};
  contracts.forEach((contract, row) => {
    if (contract.missingReason !== null) missing[row] = contract.missingReason;
  });
  return {
    occ: contracts.map((contract) => contract.occ),
    times: [...times.keys()],
    asOf,
    kind: contracts.map((contract) => contract.kind),
    missing,
    quality: contracts.map(({ quality }) => quality),
    ...(contracts.some(({ closeLast }) => closeLast !== null)
      ? { closeLast: contracts.map(({ closeLast }) => closeLast) }
      : {}),
    fields,
  };
}

function packField(
  column: readonly (Seen | undefined)[],
  asOf: readonly number[],
  timeIndex: (ms: number) => number,
): PackedField | undefined {
  if (!column.some((seen) => seen !== undefined)) return undefined;
  const seenAt = column.map((seen, row) => seen ? timeIndex(seen.seenAtMs) : asOf[row] ?? -1);
  const noneNow = column.flatMap((seen, row) => seen && !seen.now ? [row] : []);
  return {
    values: column.map((seen) => seen?.value ?? null),
    ...(seenAt.some((index, row) => index !== asOf[row]) ? { seenAt } : {}),
    ...(noneNow.length > 0 ? { noneNow } : {}),
  };
}

/** The contracts that were packed, without what pages do not show. */
export function unpackContracts(packed: PackedContracts): ShownContract[] {
  const timeAt = (index: number | undefined): number => packed.times[index ?? -1] ?? Number.NaN;
  const fieldsOf: Partial<Record<LastKnownField, Seen>>[] = packed.occ.map(() => ({}));
  // The keys of `fields` are its field names.
  for (const field of Object.keys(packed.fields) as LastKnownField[]) {
    const column = packed.fields[field];
    if (!column) continue;
    const noneNow = new Set(column.noneNow);
    fieldsOf.forEach((fields, row) => {
      const value = column.values[row];
      if (value === null || value === undefined) return;
      const seenAtMs = timeAt(column.seenAt?.[row] ?? packed.asOf[row]);
      fields[field] = { value, seenAtMs, now: !noneNow.has(row) };
    });
  }
  return packed.occ.map((occ, row) => ({
    occ,
    asOfMs: packed.times[packed.asOf[row] ?? -1] ?? null,
    kind: packed.kind[row] ?? null,
    multiplier: null,
    quotedAtMs: null,
    fields: fieldsOf[row] ?? {},
    missingReason: packed.missing[row] ?? null,
    quality: packed.quality[row] ?? 0,
    closeLast: packed.closeLast?.[row] ?? null,
  }));
}
