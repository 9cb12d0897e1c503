/** The few values of a contract that are no stored numbers. NaN says that they are read exactly. */
import { MARKET_DATA_KINDS } from "../quote.ts";
import { MAX_MULTIPLIER } from "./ingest_schema.ts";
import { parseInstant } from "./instant.ts";
import type { JsonBytes } from "./json_bytes.ts";
import { COUNT, storeNumber } from "./stored_number.ts";

const encoder = new TextEncoder();
const KIND_BYTES = MARKET_DATA_KINDS.map((kind) => encoder.encode(`"${kind}"`));

const whole = new Int32Array(1);

/** A multiplier. */
export function takeMultiplier(json: JsonBytes): number {
  const { at } = json;
  const end = storeNumber(json, at, COUNT, whole, 0); // it is whole, as nearly all are
  json.at = end < 0 ? at : end;
  const value = (end < 0 ? json.takeNumber() : whole[0]) ?? NaN;
  return value > 0 && value <= MAX_MULTIPLIER ? value : NaN;
}

/** The number of a kind of market data, from 1. */
export function takeKind(json: JsonBytes): number {
  for (let kind = 0; kind < KIND_BYTES.length; kind++) {
    if (json.takeAll(KIND_BYTES[kind] as Uint8Array)) return kind + 1;
  }
  return NaN;
}

/** The epoch milliseconds of a time. */
export function takeTime(json: JsonBytes): number {
  const ms = json.takeText() ? parseInstant(json.text()) : NaN;
  return typeof ms === "number" ? ms : NaN;
}
