/** All sections of what a chain page shows, and how its marks are to be read. */
import type { VNode } from "preact";
import type { LastKnownContract } from "../../../options/chain.ts";
import type { Ticker } from "../../../options/contract.ts";
import { countOf, dateText } from "../format.ts";
import { ChainTable } from "./ChainTable.tsx";
import { type Section, sectionsOf } from "./sections.ts";

/** The tables of these contracts, each root and expiry on its own. */
export function ChainBody(props: {
  readonly ticker: Ticker;
  readonly contracts: readonly LastKnownContract[];
  readonly spot: number | null;
}): VNode {
  const sections = sectionsOf(props.contracts);
  return (
    <>
      {sections.map((section) => (
        <SectionBlock
          key={section.key}
          section={section}
          spot={props.spot}
          named={sections.length > 1 || section.root !== props.ticker}
        />
      ))}
    </>
  );
}

function SectionBlock(props: { section: Section; spot: number | null; named: boolean }) {
  const { section, spot, named } = props;
  const name = `${section.root} ${dateText(section.expiry)}`;
  const contracts = section.rows.reduce(
    (sum, row) => sum + (row.call ? 1 : 0) + (row.put ? 1 : 0),
    0,
  );
  return (
    <section class="root" data-root={section.root} data-expiry={section.expiry}>
      <h2 class={named ? undefined : "vh"}>
        {section.root}{" "}
        <small>{`${dateText(section.expiry)} · ${countOf(contracts, "contract")}`}</small>
      </h2>
      <ChainTable section={section} spot={spot} caption={`${name}, calls and puts by strike`} />
    </section>
  );
}

/** What dotted, italic and ∅ mean. */
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
      <span class="narrow">a wider screen shows more columns</span>
      <span>All times New York. Exact values and times on hover.</span>
    </div>
  );
}
