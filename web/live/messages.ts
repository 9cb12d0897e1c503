/**
 * The texts of live messages. A thousand pages that watch one ticker are at the same position, so
 * each text is made once and kept until the chain moves on.
 */
import type { IsoDate } from "../../options/contract.ts";
import { type ChainAnswer, chainRows, chainStateOf } from "../../options/wire/chain.ts";
import { type ExpiryState, expiryStates, type ServerMessage } from "../../options/wire/live.ts";
import { liveContracts } from "../../options/calendar.ts";
import { answerOf, contextOf } from "./answers.ts";
import type { TrackedTicker } from "../services.ts";
import { changedSince } from "./tracked.ts";

/** How long a text may be given again: ages in it count from when it was made. */
const KEEP_MS = 1_000;

/** The messages of one position of one ticker. */
export class ChainMessages {
  readonly #known: TrackedTicker;
  readonly #madeAtMs: number;
  readonly #texts = new Map<string, string>();
  #whole: ChainAnswer | undefined;
  #expiries: readonly ExpiryState[] | undefined;

  constructor(known: TrackedTicker, nowMs: number) {
    this.#known = known;
    this.#madeAtMs = nowMs;
  }

  /** The position a reader of these messages is at. */
  get seq(): number {
    return this.#known.chain.seq;
  }

  /** Whether the texts still say what is known, with ages that are right. */
  isCurrent(known: TrackedTicker, nowMs: number): boolean {
    return this.#known.chain === known.chain && this.#known.deal === known.deal &&
      this.#known.agentOnline === known.agentOnline &&
      this.#known.agentReason === known.agentReason && nowMs - this.#madeAtMs < KEEP_MS;
  }

  /** What a reader at `sinceSeq` lacks: a delta, or the whole where it cannot be told or is at none. */
  text(expiry: IsoDate | null, sinceSeq: number | null): string {
    const key = `${expiry ?? ""} ${sinceSeq ?? ""}`;
    let text = this.#texts.get(key);
    if (text === undefined) {
      text = JSON.stringify(this.#delta(expiry, sinceSeq) ?? this.#chain(expiry));
      this.#texts.set(key, text);
    }
    return text;
  }

  #chain(expiry: IsoDate | null): ServerMessage {
    const whole = this.#whole ??= answerOf(this.#known, this.#madeAtMs);
    const contracts = expiry === null
      ? whole.contracts
      : whole.contracts.filter((row) => row.expiry === expiry);
    const { ticker } = this.#known;
    const expiries = [...this.#allExpiries()];
    return { type: "chain", ticker, expiry, expiries, chain: { ...whole, contracts } };
  }

  #delta(expiry: IsoDate | null, sinceSeq: number | null): ServerMessage | undefined {
    if (sinceSeq === null) return undefined;
    const { ticker, tracked, chain } = this.#known;
    const changed = changedSince(tracked, sinceSeq);
    if (!changed) return undefined;
    const nowMs = this.#madeAtMs;
    const context = contextOf(this.#known, nowMs);
    const rows = chainRows(chain, changed, context);
    const touched = new Set(rows.map((row) => row.expiry));
    return {
      type: "delta",
      ticker,
      expiry,
      fromSeq: sinceSeq,
      seq: chain.seq,
      state: chainStateOf(chain, context),
      expirations: this.#allExpiries().map((one) => one.expiry),
      expiries: this.#allExpiries().filter((one) => touched.has(one.expiry)),
      contracts: expiry === null ? rows : rows.filter((row) => row.expiry === expiry),
    };
  }

  #allExpiries(): readonly ExpiryState[] {
    return this.#expiries ??= expiryStates(liveContracts(this.#known.chain, this.#madeAtMs));
  }
}
