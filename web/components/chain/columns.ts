/**
 * The columns of the chain table: what each shows, how it is written, and from which width on.
 * Readers choose among them; which they chose is kept in a cookie (`routes/columns.ts`), so that the
 * server draws them too.
 */
import type { LastKnownField, Seen } from "../../../options/chain.ts";
import { PRICE_SCALE } from "../../../options/quote.ts";
import {
  countText,
  deltaText,
  greekText,
  percentText,
  priceText,
  signedPriceText,
} from "../format.ts";
import type { ShownContract } from "./shown_contract.ts";

/** A column of one side, calls or puts. */
export interface Column {
  /** The class of its cells, next to the side's: `td.call.bid`. */
  readonly name: string;
  /** The name by which it is chosen; bid and ask sizes are chosen together. */
  readonly choice: string;
  /** What it is worked out of: a change of any of these brightens the cell. */
  readonly fields: readonly LastKnownField[];
  readonly seen: (contract: ShownContract) => Seen | undefined;
  readonly head: string;
  /** The field in a sentence. */
  readonly words: string;
  readonly text: (value: number) => string;
  /** Whether the text can say less than the value, which then stands in `data-value` and the title. */
  readonly rounded: boolean;
  /** Why a cell of a quoted contract can be without any value. */
  readonly noneWords: string;
  /** Whether its sign is coloured. */
  readonly signed: boolean;
  /** The width class below which it is hidden (`static/look.css`); empty where it always shows. */
  readonly hides: "" | "x0" | "x1" | "x2" | "x3" | "x4";
}

type Text = Column["text"];
type Hides = Column["hides"];

function column(
  name: string,
  field: LastKnownField,
  head: string,
  words: string,
  text: Text,
  hides: Hides,
): Column {
  return {
    name,
    choice: field === "bidSize" || field === "askSize" ? "sizes" : name,
    fields: [field],
    seen: ({ fields }) => fields[field],
    head,
    words,
    text,
    hides,
    rounded: text === percentText || text === deltaText || text === greekText,
    noneWords: `none now, and no ${words} was ever seen`,
    signed: false,
  };
}

/** The last trade against the last one of the session before. */
const CHANGE: Column = {
  ...column("change", "last", "change", "change of the last", signedPriceText, "x1"),
  seen: ({ fields: { last }, closeLast }) =>
    last && closeLast !== null ? { ...last, value: toPrice(last.value - closeLast) } : undefined,
  noneWords: "no trade of an earlier session is known to measure from",
  signed: true,
};

/** What a trade both ways costs: only where bid and ask are of the same read. */
const SPREAD: Column = {
  ...column("spread", "ask", "spread", "spread", priceText, "x1"),
  fields: ["bid", "ask"],
  seen: ({ fields: { bid, ask } }) =>
    bid && ask && bid.seenAtMs === ask.seenAtMs
      ? {
        value: toPrice(ask.value - bid.value),
        seenAtMs: ask.seenAtMs,
        now: bid.now && ask.now,
      }
      : undefined,
  noneWords: "bid and ask are not of one read",
};

function toPrice(value: number): number {
  return Math.round(value * PRICE_SCALE) / PRICE_SCALE;
}

/** The columns between the age and the prices, from the outside in. */
const OUTER: readonly Column[] = [
  column("oi", "openInterest", "open int.", "open interest", countText, "x2"),
  column("volume", "volume", "volume", "volume", countText, "x2"),
  column("iv", "impliedVol", "IV %", "implied volatility", percentText, "x3"),
  column("vega", "vega", "vega", "vega per percentage point", greekText, "x1"),
  column("theta", "theta", "Θ/day", "theta per day", greekText, "x1"),
  column("gamma", "gamma", "Γ", "gamma", greekText, "x1"),
  column("delta", "delta", "Δ", "delta", deltaText, "x3"),
  CHANGE,
  column("last", "last", "last", "last", priceText, "x4"),
  SPREAD,
  column("mid", "mid", "mid", "mid", priceText, "x1"),
];

/** Bid before ask on both sides, each with its size beside it. */
const INNER: readonly Column[] = [
  column("bid-size size", "bidSize", "size", "bid size", countText, "x0"),
  column("bid", "bid", "bid", "bid", priceText, ""),
  column("ask", "ask", "ask", "ask", priceText, ""),
  column("ask-size size", "askSize", "size", "ask size", countText, "x0"),
];

/** What can be chosen, with its words, from the outside in. */
export const CHOICES: readonly { readonly choice: string; readonly words: string }[] = [
  ...OUTER.map(({ choice, words }) => ({ choice, words })),
  { choice: "bid", words: "bid" },
  { choice: "ask", words: "ask" },
  { choice: "sizes", words: "bid and ask sizes" },
];

/** What is shown to who has not chosen. */
export const DEFAULT_CHOICE: readonly string[] = [
  "oi",
  "volume",
  "iv",
  "delta",
  "last",
  "mid",
  "bid",
  "ask",
  "sizes",
];

/** Which half of the table. */
export type Side = "call" | "put";

/** The columns of each side from left to right, without age and flags, which are the outermost. */
export type Columns = Readonly<Record<Side, readonly Column[]>>;

function columnsOf(choice: readonly string[], shown: (column: Column) => Column): Columns {
  const chosen = (all: readonly Column[]): readonly Column[] =>
    all.filter((one) => choice.includes(one.choice)).map(shown);
  const [outer, inner] = [chosen(OUTER), chosen(INNER)];
  return { call: [...outer, ...inner], put: [...inner, ...outer.toReversed()] };
}

/** The columns of who has not chosen: fewer on a narrow screen. */
export const COLUMNS: Columns = columnsOf(DEFAULT_CHOICE, (column) => column);

/** Columns that were chosen: all of them on every screen, which can be scrolled sideways. */
export function chosenColumns(choice: readonly string[] | null): Columns {
  if (choice === null) return COLUMNS;
  return columnsOf(choice, (column) => ({ ...column, hides: "" }));
}

/**
 * The choice that a cookie says, of what can be chosen; null where it says none.
 *
 * @example
 * ```ts
 * import { readChoice } from "./columns.ts";
 * console.assert(readChoice("bid.ask.nonsense")?.join() === "bid,ask");
 * console.assert(readChoice(undefined) === null && readChoice("nonsense") === null);
 * ```
 */
export function readChoice(cookie: string | undefined): readonly string[] | null {
  const said = new Set((cookie ?? "").split("."));
  const choice = CHOICES.map((one) => one.choice).filter((one) => said.has(one));
  return choice.length === 0 ? null : choice;
}

/** The column of a cell by its place in a row; null for age, marks and strike. */
export function columnAt({ call, put }: Columns, cellIndex: number): Column | null {
  // Age and marks come first, the strike stands between the sides.
  const at = cellIndex - 2;
  return call[at] ?? put[at - call.length - 1] ?? null;
}

/** The fields that a page with these columns needs; bid, ask, last and mid always. */
export function fieldsOf(columns: Columns): readonly LastKnownField[] {
  const needed = columns.call.flatMap(({ fields }) => fields);
  return [...new Set<LastKnownField>([...needed, "bid", "ask", "last", "mid"])];
}
