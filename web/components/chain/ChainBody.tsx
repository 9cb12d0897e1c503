/** All sections of what a chain page shows, and how its marks are to be read. */
import type { VNode } from "preact";
import { type ExpectedMove, expectedMove } from "../../../options/expected_move.ts";
import type { IsoDate, Ticker } from "../../../options/contract.ts";
import { useTextOfNow } from "../clock.ts";
import {
  countOf,
  countText,
  dateText,
  daysLeftText,
  percentText,
  priceText,
  strikeText,
} from "../format.ts";
import { ChainTable } from "./ChainTable.tsx";
import type { Columns } from "./columns.ts";
import { MARK_WORDS } from "./flags.ts";
import {
  contractCount,
  rowsWithin,
  type Section,
  sectionsOf,
  type StrikeWindow,
  type StrikeWindows,
} from "./sections.ts";
import type { ShownContract } from "./shown_contract.ts";

/** What the body of a chain page shows. */
export interface ChainBodyProps {
  readonly ticker: Ticker;
  readonly contracts: Iterable<ShownContract>;
  readonly columns: Columns;
  readonly spot: number | null;
  /** The strikes around the money; empty shows all. */
  readonly windows: StrikeWindows;
  /** The address at which all strikes are shown. */
  readonly allStrikes: string;
}

/** The tables of these contracts, each root and expiry on its own. */
export function ChainBody(props: ChainBodyProps): VNode {
  const sections = sectionsOf(props.contracts);
  return (
    <>
      {sections.map((section) => <SectionBlock {...props} key={section.key} section={section} />)}
    </>
  );
}

function SectionBlock(props: ChainBodyProps & { section: Section }) {
  const { section, spot, columns, windows } = props;
  const name = `${section.root} ${dateText(section.expiry)}`;
  const rows = rowsWithin(section, windows);
  const move = expectedMove(section.rows, spot);
  const window = windows[section.key];
  const contracts = window?.contracts ?? contractCount(section);
  return (
    <section class="root" data-root={section.root} data-expiry={section.expiry}>
      <h2>
        {section.root}{" "}
        <SectionFacts expiry={section.expiry} contracts={contracts} spot={spot} move={move} />
      </h2>
      <ChainTable
        id={section.key.replace(" ", "-")}
        rows={rows}
        columns={columns}
        spot={spot}
        band={move && spot !== null ? [spot - move.amount, spot + move.amount] : null}
        caption={`${name}, calls and puts by strike`}
      />
      {window ? <MoreStrikes shown={rows.length} window={window} to={props.allStrikes} /> : null}
    </section>
  );
}

interface FactsProps {
  readonly expiry: IsoDate;
  readonly contracts: number;
  readonly spot: number | null;
  readonly move: ExpectedMove | undefined;
}

function SectionFacts({ expiry, contracts, spot, move }: FactsProps) {
  const left = useTextOfNow((nowMs) => daysLeftText(expiry, nowMs));
  const facts = [dateText(expiry), left, countOf(contracts, "contract")];
  return (
    <small>
      {facts.join(" · ")}
      {" · "}
      {move && spot !== null
        ? (
          <span
            title={`what the straddle at ${
              strikeText(move.strike)
            } costs, by the mids of its call and put`}
          >
            {`expected move ± ${priceText(move.amount)} (${percentText(move.amount / spot, 1)} %)`}
          </span>
        )
        : "expected move unknown: no clean quotes at the money"}
    </small>
  );
}

function MoreStrikes({ shown, window, to }: { shown: number; window: StrikeWindow; to: string }) {
  const { strikes, lowest, highest } = window;
  return (
    <p class="more">
      {`${countOf(shown, "strike")} around the money. `}
      <a href={to}>
        {`All ${countText(strikes)}, from ${strikeText(lowest)} to ${strikeText(highest)}`}
      </a>
    </p>
  );
}

/** What dotted, italic, ∅ and the marks mean. */
export function Legend(): VNode {
  return (
    <div class="foot">
      <span>
        <span class="old">dotted</span> older than its row
      </span>
      <span>
        <span class="none">0.01</span> none now; the last one known
      </span>
      <span>∅ none now, none ever seen</span>
      <span>tinted: in the money</span>
      <span>blue edge: inside the expected move</span>
      {[...MARK_WORDS].map(([mark, words]) => (
        <span key={mark}>
          <span class="flag" aria-hidden="true">{mark}</span> {words}
        </span>
      ))}
      <span class="narrow">a wider screen, or your own columns, shows more</span>
    </div>
  );
}
