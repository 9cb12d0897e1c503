/** The contract page's moving part: its last-known fields and the charts of its history. */
import type { VNode } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import type { ServerMessage } from "../../options/wire/live.ts";
import type { ChainRow } from "../../options/wire/chain.ts";
import { LAST_KNOWN_FIELDS } from "../../options/known.ts";
import { contractOfRow } from "../client/rows.ts";
import { tickingClock } from "../client/ticking.ts";
import { useFeed } from "../client/use_feed.ts";
import { type PackedContracts, unpackContracts } from "../components/chain/packed.ts";
import { contractOf } from "../components/chain/sections.ts";
import type { ShownContract } from "../components/chain/shown_contract.ts";
import { PageClockContext, useZone, ZoneContext } from "../components/clock.ts";
import { ContractCharts } from "../components/contract/ContractCharts.tsx";
import { Fields } from "../components/contract/Fields.tsx";

/** Everything as JSON. */
export interface ContractViewProps {
  readonly nowMs: number;
  readonly ticker: string;
  readonly seq: number;
  /** One contract. */
  readonly contract: PackedContracts;
  /** Whether it has left the live chain: then nothing more comes. */
  readonly isOver: boolean;
}

export default function ContractView(props: ContractViewProps): VNode {
  const clock = useMemo(() => tickingClock(props.nowMs), []);
  const [contract, setContract] = useState(() => only(props.contract));
  const seq = useRef(props.seq);
  const [version, setVersion] = useState(0);
  const zone = useZone();
  const { occ } = contract;

  function takeRows(rows: readonly ChainRow[]): void {
    const row = rows.find(({ symbol }) => symbol === occ);
    if (!row) return;
    setContract((known) => contractOfRow(row, LAST_KNOWN_FIELDS, known.closeLast));
    setVersion((count) => count + 1);
  }

  const offline = useFeed({
    clock,
    isOn: !props.isOver,
    subscription: () => ({
      type: "subscribe",
      ticker: props.ticker,
      expiry: contractOf(occ).expiry,
      sinceSeq: seq.current,
    }),
    take(message: ServerMessage) {
      if (message.type === "chain") {
        seq.current = message.chain.seq;
        takeRows(message.chain.contracts);
      } else if (message.type === "delta") {
        if (message.fromSeq > seq.current) return false;
        seq.current = Math.max(seq.current, message.seq);
        takeRows(message.contracts);
      }
      return true;
    },
  });

  return (
    <PageClockContext.Provider value={clock}>
      <ZoneContext.Provider value={zone}>
        <p class="offline" role="status">{offline ?? ""}</p>
        <div class="contract">
          <section aria-labelledby="known">
            <h2 id="known">Last known</h2>
            <Fields contract={contract} />
          </section>
          <section aria-labelledby="history">
            <h2 id="history">History</h2>
            <ContractCharts occ={occ} nowMs={clock.nowMs} version={version} />
          </section>
        </div>
      </ZoneContext.Provider>
    </PageClockContext.Provider>
  );
}

function only(packed: PackedContracts): ShownContract {
  const [contract] = unpackContracts(packed);
  if (!contract) throw new Error("The page carries no contract");
  return contract;
}
