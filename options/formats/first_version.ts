/**
 * Rows of the first version's table `OptionChainSnapshot`: a whole chain as JSON, as it was sent
 * then. Names are taken in either spelling (`snapshotDate`, `snapshot_date`); contracts may be the
 * array itself, under `contracts`, or grouped (by expiry, by right) to any depth.
 */
import { z } from "zod";
import { makeContract, parseIsoDate, parseOcc, parseTicker } from "../contract.ts";
import { QUOTE_FIELDS, type QuoteField } from "../quote.ts";
import { AGENT_NAME } from "../wire/ingest_schema.ts";
import { type Cell, FIELD_NAME, type HistoryItem, HistoryRows, IMPORT_AGENT } from "./history.ts";

/** A row of the table, each value as PostgreSQL writes it; absent columns are null. */
export interface FirstVersionRow {
  readonly id: string;
  readonly ticker: string | null;
  readonly snapshotDate: string | null;
  readonly agentId: string | null;
  readonly agentTimestamp: string | null;
  readonly spotPrice: string | null;
  readonly dealPrice: string | null;
  readonly chainData: string | null;
}

/** A row as a dump and a query give it: texts by the names of their columns. */
type Values = ReadonlyMap<string, string | null>;

/** Whether a table is the one of snapshots: Prisma's own name, or one that a schema maps it to. */
export function isSnapshotTable(table: string): boolean {
  return /^optionchainsnapshots?$/.test(spelled(table));
}

/** Whether a table is the one of deals. */
export function isDealTable(table: string): boolean {
  return /^deals?$/.test(spelled(table));
}

/** A row of the table of snapshots from its values by name, in either spelling. */
export function snapshotRow(
  values: Values,
  tickerOfDeal: (dealId: string) => string | undefined,
): FirstVersionRow {
  const named = new Map([...values].map(([name, value]) => [spelled(name), value]));
  const value = (name: string): string | null => named.get(name) ?? null;
  const dealId = value("dealid");
  return {
    id: value("id") ?? "",
    ticker: value("ticker") ?? (dealId === null ? null : tickerOfDeal(dealId) ?? null),
    snapshotDate: value("snapshotdate") ?? value("createdat"),
    agentId: value("agentid"),
    agentTimestamp: value("agenttimestamp"),
    spotPrice: value("spotprice"),
    dealPrice: value("dealprice"),
    chainData: value("chaindata"),
  };
}

/** The names that a deal's ticker may have, in the order in which they are believed. */
const DEAL_TICKERS = ["ticker", "targetticker", "symbol"];

/** Whether a table of deals says their tickers: this version's own, of the same name, does not. */
export function saysTickers(columns: readonly string[]): boolean {
  return columns.some((name) => DEAL_TICKERS.includes(spelled(name)));
}

/** The ID and the ticker of a deal; `undefined` where the row lacks one of them. */
export function dealRow(values: Values): readonly [id: string, ticker: string] | undefined {
  const named = new Map([...values].map(([name, value]) => [spelled(name), value]));
  const id = named.get("id");
  const ticker = DEAL_TICKERS.map((name) => named.get(name)).find((text) => text);
  return id && ticker ? [id, ticker] : undefined;
}

/** What a row says: its batch, what of it is not taken, and the price of the deal. */
export interface FirstVersionSnapshot {
  readonly items: readonly HistoryItem[];
  /** Above 0; null where the row has none. */
  readonly dealPrice: number | null;
}

/** A name as both versions may spell it: without underscores, in lower case. */
export function spelled(name: string): string {
  return name.replaceAll("_", "").toLowerCase();
}

/** Other names that a field had. */
const ALIASES: Readonly<Partial<Record<QuoteField, readonly string[]>>> = {
  impliedVol: ["iv", "impliedvolatility"],
};

/**
 * Reads a row. A contract that is wrong is left out, and told as a problem; so is a row without a
 * time, a ticker or a contract.
 */
export function readFirstVersion(row: FirstVersionRow): FirstVersionSnapshot {
  const place = `OptionChainSnapshot ${row.id}`;
  const refused = (problem: string): FirstVersionSnapshot => ({
    items: [{ kind: "refused", rows: 0, problems: [`${place}: ${problem}`] }],
    dealPrice: null,
  });
  const ticker = parseTicker(row.ticker ?? "");
  if (!ticker) return refused(`"${row.ticker ?? ""}" is no ticker`);
  const chain = jsonOf(row.chainData ?? "");
  if (chain === undefined) return refused("chainData is no JSON");
  const contracts = contractsIn(chain);
  if (contracts.length === 0) return refused("chainData has no contract");
  const asOf = zoned(row.snapshotDate);
  const head: Readonly<Record<string, Cell>> = {
    ticker,
    as_of: asOf,
    agent_time: zoned(row.agentTimestamp) ?? asOf,
    agent_id: agentOf(row.agentId),
    spot: aboveZero(row.spotPrice) ?? aboveZero(spotIn(chain)),
  };
  return { items: itemsOf(head, contracts, place), dealPrice: aboveZero(row.dealPrice) };
}

type Json = Readonly<Record<string, unknown>>;

function itemsOf(
  head: Readonly<Record<string, Cell>>,
  contracts: readonly Json[],
  place: string,
): readonly HistoryItem[] {
  const items: HistoryItem[] = [];
  const rows = new HistoryRows();
  const listed = new Set<string>();
  for (const contract of contracts) {
    const cells: Readonly<Record<string, Cell>> = { ...head, ...cellsOf(contract, head) };
    const name = String(cells["occ"] ?? "");
    const where = `${place}, ${name === "" ? JSON.stringify(contract).slice(0, 100) : name}`;
    const problem = problemOf((column) => cells[column], where) ??
      (listed.has(name) ? `${where}: is listed twice` : undefined);
    if (problem !== undefined) items.push({ kind: "refused", rows: 1, problems: [problem] });
    else rows.add((column) => cells[column], place);
    listed.add(name);
  }
  const batch = rows.end();
  return batch ? [...items, batch] : items;
}

/** What is wrong with a row by itself. */
function problemOf(row: (column: string) => Cell, place: string): string | undefined {
  const alone = new HistoryRows();
  alone.add(row, place);
  const item = alone.end();
  return item?.kind === "refused" ? item.problems[0] : undefined;
}

function cellsOf(contract: Json, head: Readonly<Record<string, Cell>>): Record<string, Cell> {
  const cells: Record<string, Cell> = {
    occ: occOf(contract, String(head["ticker"])),
    multiplier: present(contract["multiplier"]),
  };
  for (const field of QUOTE_FIELDS) {
    const names = [spelled(FIELD_NAME[field]), ...ALIASES[field] ?? []];
    cells[FIELD_NAME[field]] = names.map((name) =>
      present(contract[name])
    ).find((value) => value !== null) ?? null;
  }
  return cells;
}

/** A value that says something: not null, not absent, not the -1 that feeds write for none. */
function present(value: unknown): string | number | null {
  if (typeof value === "string") return value.trim() === "" || value === "-1" ? null : value;
  return typeof value === "number" && value !== -1 ? value : null;
}

function occOf(contract: Json, ticker: string): string | null {
  const symbol = String(contract["symbol"] ?? contract["localsymbol"] ?? ticker);
  const named = parseOcc(symbol);
  if (named) return named.occ;
  const root = symbol.toUpperCase().replace(/[^A-Z0-9]/g, "");
  const expiry = parseIsoDate(
    String(contract["expiry"] ?? contract["expiration"] ?? "").slice(0, 10),
  );
  const side = String(contract["right"] ?? "").toUpperCase().charAt(0);
  if (!expiry || (side !== "C" && side !== "P")) return null;
  return makeContract(root, expiry, side, Number(contract["strike"]))?.occ ?? null;
}

/**
 * Every object that has a strike or an OCC symbol, however deep it is, with its names as
 * {@link spelled}; groups named by a day or by calls and puts say what their contracts do not.
 */
function contractsIn(value: unknown, group: Json = {}): readonly Json[] {
  if (Array.isArray(value)) return value.flatMap((one) => contractsIn(one, group));
  const read = OBJECT.safeParse(value);
  if (!read.success) return [];
  const entries = Object.entries(read.data);
  const named = Object.fromEntries(entries.map(([name, one]) => [spelled(name), one]));
  if ("strike" in named || parseOcc(String(named["symbol"] ?? ""))) return [{ ...group, ...named }];
  return entries.flatMap(([name, one]) => contractsIn(one, { ...group, ...groupOf(name) }));
}

function groupOf(name: string): Json {
  if (/^(?:calls?|c)$/i.test(name)) return { right: "C" };
  if (/^(?:puts?|p)$/i.test(name)) return { right: "P" };
  return parseIsoDate(name) ? { expiry: name } : {};
}

const OBJECT = z.record(z.string(), z.unknown());

function spotIn(chain: unknown): string | null {
  const read = OBJECT.safeParse(chain);
  if (!read.success) return null;
  const found = Object.entries(read.data).find(([name]) => spelled(name) === "spotprice");
  return found === undefined || found[1] === null ? null : String(found[1]);
}

/** The table's times are UTC and mostly say no zone. */
function zoned(text: string | null): string | null {
  if (text === null || text === "") return null;
  return /(?:Z|:\d{2}(?:\.\d+)?[+-]\d{2}(?::?\d{2})?)$/i.test(text) ? text : `${text}Z`;
}

function agentOf(name: string | null): string {
  const allowed = (name ?? "").replace(/[^A-Za-z0-9._-]/g, "-").slice(0, 64);
  return AGENT_NAME.test(allowed) ? allowed : IMPORT_AGENT;
}

function aboveZero(text: string | null): number | null {
  const value = Number(text ?? "");
  return Number.isFinite(value) && value > 0 ? value : null;
}

/** JSON, also where it was stored as a text within JSON. */
function jsonOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "string" ? JSON.parse(value) : value;
  } catch {
    return undefined;
  }
}
