/**
 * What `docs/specs/last-known.md` says, as plainly as it can be written, for tests to hold the
 * servers to. It reads what agents sent and what servers answer, and shares no code with them.
 */

/** The fields of a contract as the wire names them, and how many decimals of each are kept. */
export const FIELDS = {
  bid: 4,
  ask: 4,
  last: 4,
  volume: 0,
  open_interest: 0,
  implied_vol: 6,
  delta: 6,
  gamma: 6,
  theta: 6,
  vega: 6,
  bid_size: 0,
  ask_size: 0,
} as const;

/** The name of a field on the wire. */
export type Field = keyof typeof FIELDS;

/** A contract as an agent sent it: its OCC symbol, and any of the fields. */
export type SentContract =
  & { readonly symbol: string }
  & { readonly [field in Field]?: number | null }
  & {
    readonly market_data_type?: string;
    readonly multiplier?: number;
    readonly quoted_at?: string;
  };

/** A batch that was taken, with the place it has. */
export interface SentBatch {
  readonly asOfMs: number;
  readonly seq: number;
  readonly agentId: string;
  readonly agentTimestamp: string;
  readonly spotPrice: number | null;
  readonly contracts: readonly SentContract[];
  readonly missing: readonly { readonly contract: string; readonly reason: string }[];
}

/** A value, when it was seen, and whether it is so now. */
export type Known = [value: number, seenAt: string, now: boolean];

/** What is known of a contract. */
export interface KnownContract {
  asOf: string | null;
  kind: string | null;
  multiplier: number | null;
  quotedAt: string | null;
  missingReason: string | null;
  fields: { [field in Field | "mid"]?: Known };
}

/** What is known of a chain. */
export interface KnownChain {
  spot: [value: number, seenAt: string] | null;
  agentId: string | null;
  agentTimestamp: string | null;
  seq: number;
  contracts: Record<string, KnownContract>;
}

const iso = (ms: number): string => new Date(ms).toISOString();

/** LK-2: the value at its stored precision where it is real. */
function real(field: Field, sent: SentContract): number | null {
  const raw = sent[field];
  if (raw === null || raw === undefined || raw === -1) return null;
  const value = Math.round(raw * 10 ** FIELDS[field]) / 10 ** FIELDS[field] + 0; // never -0
  if (field === "volume" || field === "open_interest") return value >= 0 ? value : null;
  if (field === "implied_vol") return value > 1e-4 ? value : null;
  if (["bid", "ask", "last", "bid_size", "ask_size"].includes(field)) {
    return value > 0 ? value : null;
  }
  return value;
}

/** LK-4. */
function mid(sent: SentContract): number | null {
  const bid = real("bid", sent);
  const ask = real("ask", sent);
  return bid === null || ask === null ? null : Number(((bid + ask) / 2).toFixed(5));
}

/** The chain that batches make, in whatever order they are given. */
export function lastKnown(batches: readonly SentBatch[]): KnownChain {
  const chain: KnownChain = {
    spot: null,
    agentId: null,
    agentTimestamp: null,
    seq: Math.max(0, ...batches.map(({ seq }) => seq)),
    contracts: {},
  };
  // LK-13.
  for (const batch of batches.toSorted((a, b) => a.asOfMs - b.asOfMs || a.seq - b.seq)) {
    take(chain, batch);
  }
  return chain;
}

function take(chain: KnownChain, batch: SentBatch): void {
  const seenAt = iso(batch.asOfMs);
  const row = (symbol: string): KnownContract =>
    chain.contracts[symbol] ??= {
      asOf: null,
      kind: null,
      multiplier: null,
      quotedAt: null,
      missingReason: null,
      fields: {},
    };
  chain.agentId = batch.agentId;
  chain.agentTimestamp = batch.agentTimestamp;
  // LK-12.
  const spot = Math.round((batch.spotPrice ?? 0) * 1e4) / 1e4;
  if (spot > 0) chain.spot = [spot, seenAt];
  // LK-11.
  for (const { contract, reason } of batch.missing) row(contract).missingReason = reason;
  // LK-7.
  const quoted = (sent: SentContract) => real("bid", sent) !== null || real("ask", sent) !== null;
  const known = batch.contracts.filter(({ symbol }) => {
    const fields = chain.contracts[symbol]?.fields;
    return fields?.bid || fields?.ask;
  });
  const blank = known.length > 0 && known.filter(quoted).length < known.length / 10;
  for (const sent of batch.contracts) {
    const before = row(sent.symbol);
    const { fields } = before;
    if (blank && !quoted(sent)) {
      // LK-9.
      const last = real("last", sent);
      if (last !== null) fields.last = [last, seenAt, true];
      continue;
    }
    // LK-1, LK-3, LK-4, LK-8.
    const set = (field: Field | "mid", value: number | null): void => {
      const seen = fields[field];
      if (value !== null) fields[field] = [value, seenAt, true];
      else if (seen && !blank) fields[field] = [seen[0], seen[1], false];
    };
    for (const field of Object.keys(FIELDS) as Field[]) set(field, real(field, sent));
    set("mid", mid(sent));
    // LK-10, LK-11.
    chain.contracts[sent.symbol] = {
      asOf: seenAt,
      kind: sent.market_data_type ?? before.kind,
      multiplier: sent.multiplier ?? before.multiplier,
      quotedAt: sent.quoted_at ?? null,
      missingReason: null,
      fields,
    };
  }
}
