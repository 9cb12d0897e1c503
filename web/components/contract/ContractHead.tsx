/** The head of a contract's page: what it is, and the contracts beside it. */
import type { VNode } from "preact";
import { Fact } from "../Fact.tsx";
import { expiresAtMs } from "../../../options/calendar.ts";
import type { OccSymbol } from "../../../options/contract.ts";
import type { KnownTicker } from "../../services.ts";
import { contractOf } from "../chain/sections.ts";
import type { ShownContract } from "../chain/shown_contract.ts";
import { dateTimeText, daysLeftText, exactly, priceText, strikeText } from "../format.ts";

/** The contracts beside one; null where there is none. */
export interface Neighbours {
  readonly below: OccSymbol | null;
  readonly above: OccSymbol | null;
  readonly other: OccSymbol | null;
}

/** What the head says. */
export interface ContractHeadProps {
  readonly name: string;
  readonly known: KnownTicker;
  readonly contract: ShownContract;
  readonly nowMs: number;
  readonly neighbours: Neighbours;
  readonly chainAddress: string;
}

/** The head. */
export function ContractHead(props: ContractHeadProps): VNode {
  const { name, known, contract, nowMs, neighbours, chainAddress } = props;
  const { expiry, root } = contractOf(contract.occ);
  const overMs = expiresAtMs({ root, expiry });
  const spot = known.chain.spot;
  return (
    <div class="head">
      <h1>
        {name}
        <span>{known.name === null ? "" : ` ${known.name}`}</span>
      </h1>
      <dl class="facts">
        <Fact name="OCC symbol">{contract.occ}</Fact>
        <Fact name={overMs <= nowMs ? "expired" : "expires"}>
          {`${dateTimeText(overMs)} New York${
            overMs <= nowMs ? "" : `, ${daysLeftText(expiry, nowMs)}`
          }`}
        </Fact>
        <Fact name="multiplier">
          {contract.multiplier === null ? "not said" : exactly(contract.multiplier)}
        </Fact>
        <Fact name={`${known.ticker} last known`}>
          {spot === null ? "no price yet" : priceText(spot.value)}
        </Fact>
      </dl>
      <nav class="beside" aria-label="Contracts beside">
        <Beside to={neighbours.below} words="strike below" />
        <Beside to={neighbours.above} words="strike above" />
        <Beside to={neighbours.other} words="other side" />
        <a href={chainAddress}>the chain of this expiry</a>
        <a href={`/contracts/${contract.occ}/history.csv`} download>history as CSV</a>
      </nav>
    </div>
  );
}

function Beside({ to, words }: { to: OccSymbol | null; words: string }) {
  if (to === null) return null;
  const { strike, right } = contractOf(to);
  return (
    <a href={`/contracts/${to}`}>
      {`${words}: ${strikeText(strike)} ${right === "C" ? "call" : "put"}`}
    </a>
  );
}
