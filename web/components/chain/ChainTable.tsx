/**
 * The table of one section: calls left, puts right, the strike in the middle and the spot between
 * two strikes. Every value that was ever known is shown; how it is written says what it is now.
 */
import type { VNode } from "preact";
import { memo } from "../memo.ts";
import type { LastKnownContract, Seen } from "../../../options/chain.ts";
import { REASONS } from "../../../options/reasons.ts";
import { dateTimeText, exactly, priceText, strikeText } from "../format.ts";
import { Age } from "../Freshness.tsx";
import { type Column, COLUMNS, type Side } from "./columns.ts";
import { useLit } from "./lit.ts";
import { isNeverQuoted, seenMs } from "./view.ts";
import { rowsBelow, type Section, type StrikeRow } from "./sections.ts";

/** One section's table. `spot` is the last known price of the underlying. */
export function ChainTable(
  props: { section: Section; spot: number | null; caption: string },
): VNode {
  const { section: { rows, key }, spot } = props;
  const spotId = `spot-${key.replace(" ", "-")}`;
  const draw = (row: StrikeRow): VNode => (
    <Row
      key={row.strike}
      strike={row.strike}
      call={row.call}
      put={row.put}
      inTheMoney={spot === null || spot === row.strike ? null : spot > row.strike ? "call" : "put"}
    />
  );
  // One list, so that a row stays the same one when the spot passes it.
  const lines = rows.map(draw);
  if (spot !== null) {
    lines.splice(rowsBelow(rows, spot), 0, <SpotLine key="spot" id={spotId} spot={spot} />);
  }
  return (
    <table class="chain">
      <caption class="vh">{props.caption}</caption>
      <TableHead spotId={spot === null ? undefined : spotId} />
      <tbody>{lines}</tbody>
    </table>
  );
}

// A cell that spans columns would go astray where some of them are hidden, so the head and the spot
// have a cell for every column.

function SpotLine(props: { spot: number; id: string }) {
  return (
    <tr class="spotline" id={props.id}>
      <td></td>
      {COLUMNS.call.map(({ hides, name }) => <td key={name} class={hides || undefined}></td>)}
      <td class="k">
        <span>{`spot ${priceText(props.spot)}`}</span>
      </td>
      {COLUMNS.put.map(({ hides, name }) => <td key={name} class={hides || undefined}></td>)}
      <td></td>
    </tr>
  );
}

function TableHead({ spotId }: { spotId: string | undefined }) {
  return (
    <thead>
      <tr class="sides">
        <td>Calls</td>
        {COLUMNS.call.map(({ hides, name }) => <td key={name} class={hides || undefined}></td>)}
        <td class="k">{spotId === undefined ? "" : <a href={`#${spotId}`}>to spot</a>}</td>
        {COLUMNS.put.map(({ hides, name }) => (
          <td key={name} class={hides || undefined}>{name === "bid" ? "Puts" : ""}</td>
        ))}
        <td></td>
      </tr>
      <tr>
        <HeadCell side="call" name="age" head="age" words="age" hides="" />
        {COLUMNS.call.map((column) => <HeadCell key={column.name} side="call" {...column} />)}
        <th scope="col" class="k">strike</th>
        {COLUMNS.put.map((column) => <HeadCell key={column.name} side="put" {...column} />)}
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
  readonly call: LastKnownContract | undefined;
  readonly put: LastKnownContract | undefined;
  readonly inTheMoney: Side | null;
}

const Row = memo(function Row(props: RowProps) {
  const { strike, call, put, inTheMoney } = props;
  const callLit = useLit(call);
  const putLit = useLit(put);
  return (
    <tr data-call={call?.occ} data-put={put?.occ} title={seenTitle(call, put)}>
      {ageCell("call", call, inTheMoney)}
      {sideCells("call", call, inTheMoney, callLit)}
      <th scope="row" class="k">{strikeText(strike)}</th>
      {sideCells("put", put, inTheMoney, putLit)}
      {ageCell("put", put, inTheMoney)}
    </tr>
  );
});

function ageCell(side: Side, contract: LastKnownContract | undefined, inTheMoney: Side | null) {
  const atMs = contract ? seenMs(contract) : null;
  return (
    <td
      key={`${side} age`}
      class={classes(side, "age", inTheMoney === side ? "itm" : "")}
      title={contract && missingText(contract)}
    >
      {contract && atMs !== null ? <Age atMs={atMs} kind={contract.kind} /> : null}
    </td>
  );
}

type Lit = (column: Column) => string;

function sideCells(
  side: Side,
  contract: LastKnownContract | undefined,
  inTheMoney: Side | null,
  lit: Lit,
): readonly VNode[] {
  const itm = inTheMoney === side ? "itm" : "";
  if (!contract) return saidCells(side, "never listed", undefined, itm);
  if (isNeverQuoted(contract)) {
    return saidCells(side, "never quoted", missingText(contract), itm);
  }
  const rowMs = seenMs(contract) ?? 0;
  return COLUMNS[side].map((column) => {
    const seen = contract.fields[column.field];
    if (!seen) {
      const name = classes(side, column.name, "never", column.hides, itm);
      const title = `none now, and no ${column.words} was ever seen`;
      return <td key={column.name} class={name} title={title}>∅</td>;
    }
    const state = !seen.now ? "none" : seen.seenAtMs < rowMs ? "old" : "";
    return (
      <td
        key={column.name}
        class={classes(side, column.name, state, column.hides, itm, lit(column))}
        title={cellTitle(column, seen, state)}
        data-value={column.rounded ? exactly(seen.value) : undefined}
      >
        {column.text(seen.value)}
      </td>
    );
  });
}

/** Why the newest read did not bring a contract: the agent names a reason or quotes the gateway. */
function missingText({ missingReason }: LastKnownContract): string | undefined {
  if (missingReason === null) return undefined;
  const known = Object.values(REASONS).find(({ code }) => code === missingReason);
  return `not in the newest read: ${known?.sentence ?? missingReason}`;
}

/** A side of which there is nothing to show but why: one sentence, where the prices would be. */
function saidCells(side: Side, text: string, why: string | undefined, itm: string): VNode[] {
  return COLUMNS[side].map((column) => (
    <td
      key={column.name}
      class={classes(side, "said", column.hides, itm)}
      title={why}
    >
      {column.name === (side === "call" ? "ask" : "bid") ? <span>{text}</span> : ""}
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
  call: LastKnownContract | undefined,
  put: LastKnownContract | undefined,
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
