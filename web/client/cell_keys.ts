/**
 * Moving through the tables of a chain by the keyboard: arrows by cell, Page Up and Down by
 * twenty rows, Home and End to the row's ends, with Ctrl to the table's; Enter opens the contract.
 */

const PAGE_ROWS = 20;

/** A cell of a chain that is or holds `target`; the spot's line and heads are none. */
export function cellOf(target: EventTarget | null): HTMLTableCellElement | null {
  if (!(target instanceof Element)) return null;
  const cell = target.closest<HTMLTableCellElement>(".chain tbody :is(td, th)");
  return cell?.closest("tr.spotline") ? null : cell;
}

/** Handles a key that was pressed in a cell; `true` where it was one of these. */
export function moveByKey(cell: HTMLTableCellElement, event: KeyboardEvent): boolean {
  if (event.altKey || event.metaKey) return false;
  const next = targetOf(cell, event.key, event.ctrlKey);
  if (next === undefined) return false;
  focusCell(next ?? cell);
  return true;
}

/** Gives a cell the focus. */
export function focusCell(cell: HTMLTableCellElement): void {
  cell.tabIndex = -1;
  cell.focus({ preventScroll: true });
  cell.scrollIntoView({ block: "nearest", inline: "nearest" });
}

/** The first cell to go to: the strike at the spot of the first table, or its first row's. */
export function firstCell(root: ParentNode): HTMLTableCellElement | null {
  const line = root.querySelector("tr.spotline");
  const row = line?.previousElementSibling ?? line?.nextElementSibling ??
    root.querySelector(".chain tbody tr");
  return row?.querySelector<HTMLTableCellElement>("th.k") ?? null;
}

function targetOf(
  cell: HTMLTableCellElement,
  key: string,
  toEnd: boolean,
): HTMLTableCellElement | null | undefined {
  const row = cell.parentElement;
  if (!(row instanceof HTMLTableRowElement)) return undefined;
  switch (key) {
    case "ArrowLeft":
      return beside(cell, "previousElementSibling");
    case "ArrowRight":
      return beside(cell, "nextElementSibling");
    case "ArrowUp":
      return inRow(rowsFrom(row, "previousElementSibling", 1), cell);
    case "ArrowDown":
      return inRow(rowsFrom(row, "nextElementSibling", 1), cell);
    case "PageUp":
      return inRow(rowsFrom(row, "previousElementSibling", PAGE_ROWS), cell);
    case "PageDown":
      return inRow(rowsFrom(row, "nextElementSibling", PAGE_ROWS), cell);
    case "Home":
      return toEnd ? inRow(endRow(row, "first"), cell) : visible([...row.cells])[0] ?? null;
    case "End":
      return toEnd ? inRow(endRow(row, "last"), cell) : visible([...row.cells]).at(-1) ?? null;
    default:
      return undefined;
  }
}

type Way = "previousElementSibling" | "nextElementSibling";

function beside(cell: HTMLTableCellElement, way: Way): HTMLTableCellElement | null {
  for (let next = cell[way]; next; next = next[way]) {
    if (next instanceof HTMLTableCellElement && isVisible(next)) return next;
  }
  return null;
}

/** The row so many rows away, or the last there is; from a table's end the next table's goes on. */
function rowsFrom(row: HTMLTableRowElement, way: Way, count: number): HTMLTableRowElement {
  let found = row;
  for (let left = count; left > 0;) {
    const next = found[way] ?? rowOfNextTable(found, way);
    if (!(next instanceof HTMLTableRowElement)) break;
    found = next;
    if (!next.classList.contains("spotline")) left--;
  }
  return found.classList.contains("spotline") ? row : found;
}

function rowOfNextTable(row: HTMLTableRowElement, way: Way): Element | null {
  const section = row.closest("section.root")?.[way];
  const rows = section?.querySelectorAll(".chain tbody tr");
  if (!rows) return null;
  return rows[way === "nextElementSibling" ? 0 : rows.length - 1] ?? null;
}

function endRow(row: HTMLTableRowElement, end: "first" | "last"): HTMLTableRowElement {
  const rows = [
    ...row.parentElement?.querySelectorAll<HTMLTableRowElement>("tr:not(.spotline)") ?? [],
  ];
  return (end === "first" ? rows[0] : rows.at(-1)) ?? row;
}

function inRow(
  row: HTMLTableRowElement,
  { cellIndex }: HTMLTableCellElement,
): HTMLTableCellElement | null {
  return row.cells[cellIndex] ?? null;
}

function visible(cells: readonly HTMLTableCellElement[]): HTMLTableCellElement[] {
  return cells.filter(isVisible);
}

function isVisible(cell: HTMLElement): boolean {
  return cell.offsetWidth > 0;
}
