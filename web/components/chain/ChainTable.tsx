/**
 * The table of one section: calls left, puts right, the strike in the middle and the spot between
 * two strikes. Every value that was ever known is shown; how it is written says what it is now.
 */
import type { VNode } from "preact";
import type { Seen } from "../../../options/chain.ts";
import { REASONS } from "../../../options/reasons.ts";
import { dateTimeText, exactly, priceText, strikeText } from "../format.ts";
import { Age } from "../Freshness.tsx";
import { memo } from "../memo.ts";
import type { Column, Columns, Side } from "./columns.ts";
import { flagOf } from "./flags.ts";
import { useLit } from "./lit.ts";
import { rowsBelow, type StrikeRow } from "./sections.ts";
import { isNeverQuoted, seenMs, type ShownContract } from "./shown_contract.ts";

/** What a table shows. */
export interface ChainTableProps {
  /** Tells the tables of a page apart. */
  readonly id: string;
  readonly rows: readonly StrikeRow[];
  readonly columns: Columns;
  /** The last known price of the underlying. */
  readonly spot: number | null;
  /** Between which prices the underlying is expected to be at expiry. */
  readonly band: readonly [low: number, high: number] | null;
  readonly caption: string;
}

/** One section's table. */
export function ChainTable(props: ChainTableProps): VNode {
  const { rows, spot, columns, band } = props;
  const spotId = `spot-${props.id}`;
  const draw = ({ strike, call, put }: StrikeRow): VNode => (
    <Row
      key={strike}
      strike={strike}
      call={call}
      put={put}
      columns={columns}
      inTheMoney={spot === null || spot === strike ? null : spot > strike ? "call" : "put"}
      isExpected={band !== null && strike >= band[0] && strike <= band[1]}
    />
  );
  // One list, so that a row stays the same one when the spot passes it.
  const lines = rows.map(draw);
  if (spot !== null) {
    const line = <SpotLine key="spot" id={spotId} spot={spot} columns={columns} />;
    lines.splice(rowsBelow(rows, spot), 0, line);
  }
  return (
    <table class={hasLongPrices(rows) ? "chain wide" : "chain"}>
      <caption class="vh">{props.caption}</caption>
      <TableHead spotId={spot === null ? undefined : spotId} columns={columns} />
      <tbody>{lines}</tbody>
    </table>
  );
}

/** Whether some price needs more room than three digits before the point. */
function hasLongPrices(rows: readonly StrikeRow[]): boolean {
  return rows.some(({ call, put }) =>
    [call, put].some((one) =>
      one &&
      [one.fields.bid, one.fields.ask, one.fields.last].some((seen) =>
        seen !== undefined && seen.value >= 1_000
      )
    )
  );
}

// A cell that spans columns would go astray where some of them are hidden, so the head and the spot
// have a cell for every column. The first row gives every column its width, which no price changes.

function SpotLine(props: { spot: number; id: string; columns: Columns }) {
  const empty = ({ hides, name }: Column) => <td key={name} class={hides || undefined}></td>;
  return (
    <tr class="spotline" id={props.id}>
      <td></td>
      <td></td>
      {props.columns.call.map(empty)}
      <td class="k">
        <span>{`spot ${priceText(props.spot)}`}</span>
      </td>
      {props.columns.put.map(empty)}
      <td></td>
      <td></td>
    </tr>
  );
}

function TableHead({ spotId, columns }: { spotId: string | undefined; columns: Columns }) {
  const named = columns.put[0]?.name;
  return (
    <thead>
      <tr class="sides">
        <td class="age">Calls</td>
        <td class="flags"></td>
        {columns.call.map(({ hides, name }) => <td key={name} class={classes(name, hides)}></td>)}
        <td class="k">{spotId === undefined ? "" : <a href={`#${spotId}`}>to spot</a>}</td>
        {columns.put.map(({ hides, name }) => (
          <td key={name} class={classes(name, hides)}>
            {name === (columns.put.some((one) => one.name === "bid") ? "bid" : named) ? "Puts" : ""}
          </td>
        ))}
        <td class="flags"></td>
        <td class="age"></td>
      </tr>
      <tr>
        <HeadCell side="call" name="age" head="age" words="age" hides="" />
        <HeadCell side="call" name="flags" head="" words="marks" hides="" />
        {columns.call.map((column) => <HeadCell key={column.name} side="call" {...column} />)}
        <th scope="col" class="k">strike</th>
        {columns.put.map((column) => <HeadCell key={column.name} side="put" {...column} />)}
        <HeadCell side="put" name="flags" head="" words="marks" hides="" />
        <HeadCell side="put" name="age" head="age" words="age" hides="" />
      </tr>
    </thead>
  );
}

function HeadCell(props: { side: Side; name: string; head: string; words: string; hides: string }) {
  return (
    <th scope="col" class={classes(props.side, props.name, props.hides)}>
      <span class="vh">{`${props.side} ${props.words}`}</span>
      <span aria-hidden="true" title={props.words}>{props.head}</span>
    </th>
  );
}

interface RowProps {
  readonly strike: number;
  readonly call: ShownContract | undefined;
  readonly put: ShownContract | undefined;
  readonly columns: Columns;
  readonly inTheMoney: Side | null;
  readonly isExpected: boolean;
}

const Row = memo(function Row(props: RowProps) {
  const { strike, call, put, columns, inTheMoney, isExpected } = props;
  const callLit = useLit(call);
  const putLit = useLit(put);
  return (
    <tr data-call={call?.occ} data-put={put?.occ} title={seenTitle(call, put)}>
      {ageCell("call", call, inTheMoney)}
      {flagCell("call", call, inTheMoney)}
      {sideCells("call", call, columns, inTheMoney, callLit)}
      <th scope="row" class={isExpected ? "k in" : "k"}>{strikeText(strike)}</th>
      {sideCells("put", put, columns, inTheMoney, putLit)}
      {flagCell("put", put, inTheMoney)}
      {ageCell("put", put, inTheMoney)}
    </tr>
  );
});

/** The age leads to the contract's own page. */
function ageCell(side: Side, contract: ShownContract | undefined, inTheMoney: Side | null) {
  const atMs = contract ? seenMs(contract) : null;
  return (
    <td
      key={`${side} age`}
      class={classes(side, "age", inTheMoney === side ? "itm" : "")}
      title={contract && missingText(contract)}
    >
      {contract && atMs !== null
        ? (
          <a href={`/contracts/${contract.occ}`}>
            <Age atMs={atMs} kind={contract.kind} />
          </a>
        )
        : null}
    </td>
  );
}

function flagCell(side: Side, contract: ShownContract | undefined, inTheMoney: Side | null) {
  const flag = contract && flagOf(contract.quality);
  return (
    <td key={`${side} flags`} class={classes(side, "flags", inTheMoney === side ? "itm" : "")}>
      {flag
        ? (
          <abbr class="flag" title={flag.words}>
            <span aria-hidden="true">{flag.mark}</span>
            <span class="vh">{flag.words}</span>
          </abbr>
        )
        : null}
    </td>
  );
}

type Lit = (column: Column) => string;

function sideCells(
  side: Side,
  contract: ShownContract | undefined,
  columns: Columns,
  inTheMoney: Side | null,
  lit: Lit,
): readonly VNode[] {
  const itm = inTheMoney === side ? "itm" : "";
  const own = columns[side];
  if (!contract) return saidCells(side, own, "never listed", undefined, itm);
  if (isNeverQuoted(contract)) {
    return saidCells(side, own, "never quoted", missingText(contract), itm);
  }
  const rowMs = seenMs(contract) ?? 0;
  return own.map((column) => {
    const seen = column.seen(contract);
    if (!seen) {
      const name = classes(side, column.name, "never", column.hides, itm);
      return <td key={column.name} class={name} title={column.noneWords}>∅</td>;
    }
    const state = !seen.now ? "none" : seen.seenAtMs < rowMs ? "old" : "";
    const sign = column.signed ? signClass(seen.value) : "";
    return (
      <td
        key={column.name}
        class={classes(side, column.name, state, sign, column.hides, itm, lit(column))}
        title={cellTitle(column, seen, state)}
        data-value={column.rounded ? exactly(seen.value) : undefined}
      >
        {column.text(seen.value)}
      </td>
    );
  });
}

function signClass(value: number): string {
  return value > 0 ? "up" : value < 0 ? "down" : "";
}

/** Why the newest read did not bring a contract: the agent names a reason or quotes the gateway. */
export function missingText({ missingReason }: ShownContract): string | undefined {
  if (missingReason === null) return undefined;
  const known = Object.values(REASONS).find(({ code }) => code === missingReason);
  return `not in the newest read: ${known?.sentence ?? missingReason}`;
}

/** A side of which there is nothing to show but why: one sentence, where the prices would be. */
function saidCells(
  side: Side,
  columns: readonly Column[],
  text: string,
  why: string | undefined,
  itm: string,
): VNode[] {
  const place = columns[side === "call" ? columns.length - 1 : 0]?.name;
  const prices = columns.find(({ name }) => name === (side === "call" ? "ask" : "bid"));
  return columns.map((column) => (
    <td
      key={column.name}
      class={classes(side, "said", column.hides, itm)}
      title={why}
    >
      {column.name === (prices?.name ?? place) ? <span>{text}</span> : ""}
    </td>
  ));
}

/** What a cell says beyond its row's title: nothing where the value stands whole and is of its row. */
function cellTitle(column: Column, seen: Seen, state: string): string | undefined {
  const exact = column.rounded ? exactly(seen.value) : column.text(seen.value);
  const when = `seen ${dateTimeText(seen.seenAtMs)} New York`;
  if (state === "none") return `no ${column.words} now; the last one known was ${exact}, ${when}`;
  if (state === "old") return `${column.words} ${exact}, ${when}: older than its row`;
  return column.rounded ? `${column.words} ${exact}, ${when}` : undefined;
}

function seenTitle(
  call: ShownContract | undefined,
  put: ShownContract | undefined,
): string | undefined {
  const callMs = call ? seenMs(call) : null;
  const putMs = put ? seenMs(put) : null;
  if (callMs === null && putMs === null) return undefined;
  if (callMs === null || putMs === null || callMs === putMs) {
    return `seen ${dateTimeText(callMs ?? putMs ?? 0)} New York`;
  }
  return `call seen ${dateTimeText(callMs)}, put ${dateTimeText(putMs)} New York`;
}

function classes(...names: readonly string[]): string {
  return names.filter((name) => name !== "").join(" ");
}
