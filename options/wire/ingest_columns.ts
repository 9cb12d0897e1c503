/** The contracts of a body that come as columns: an array a field, one value a contract. */
import { type OccSymbol, parseOcc } from "../contract.ts";
import type { Quote } from "../quote.ts";
import { toQuote } from "./ingest_quote.ts";
import type { IngestColumns, IngestContract } from "./ingest_schema.ts";

/** The quotes of columns; what is wrong between them goes to `refuse`. */
export function quotesOfColumns(
  columns: IngestColumns,
  refuse: (path: string, message: string) => void,
): Quote[] {
  const { symbol, ...fields } = columns;
  const { length } = symbol;
  for (const [field, values] of Object.entries(fields)) {
    if (!Array.isArray(values) || values.length === length) continue;
    refuse(`columns.${field}`, `has ${values.length} values, but columns.symbol has ${length}`);
  }
  const rowOf = new Map<OccSymbol, number>();
  return symbol.flatMap((text, row) => {
    const occ = occOfColumn(text);
    if (occ === undefined) return []; // the schema has refused it
    const before = rowOf.get(occ);
    if (before !== undefined) {
      refuse(`columns.symbol[${row}]`, `is ${occ}, which columns.symbol[${before}] is too`);
    }
    rowOf.set(occ, row);
    return [toQuote(occ, rowAt(fields, row))];
  });
}

/** The OCC symbol that stands in a column; `undefined` where the text is none. */
export function occOfColumn(text: string): OccSymbol | undefined {
  return parseOcc(text.trim().toUpperCase())?.occ;
}

function rowAt(
  { multiplier, market_data_type, quoted_at, ...fields }: Omit<IngestColumns, "symbol">,
  row: number,
): Omit<IngestContract, "symbol"> {
  const at = <T>(of: T | readonly T[]): T | undefined =>
    // A value for all of the contracts is no array.
    Array.isArray(of) ? of[row] as T | undefined : of as T;
  return {
    bid: fields.bid?.[row],
    ask: fields.ask?.[row],
    last: fields.last?.[row],
    volume: fields.volume?.[row],
    open_interest: fields.open_interest?.[row],
    implied_vol: fields.implied_vol?.[row],
    delta: fields.delta?.[row],
    gamma: fields.gamma?.[row],
    theta: fields.theta?.[row],
    vega: fields.vega?.[row],
    bid_size: fields.bid_size?.[row],
    ask_size: fields.ask_size?.[row],
    multiplier: at(multiplier),
    market_data_type: at(market_data_type),
    quoted_at: at(quoted_at),
  };
}
