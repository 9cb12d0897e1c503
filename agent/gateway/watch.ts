/**
 * Watches one gateway over all connections to it: counts attempts, failures and heartbeats, hears
 * notices and errors, and says when the work has to pause, as the gateway answers nothing of use.
 */
import type { AgentState } from "../../options/agent_state.ts";
import type { Clock } from "../../base/clock.ts";
import { type GatewayStatus, MAX_STATUS_TEXT } from "../../options/wire/agent_status.ts";
import { type GatewaySigns, noSigns, stateOf } from "./state.ts";

/** What a connection tells of itself while it lasts. */
export interface ConnectionObserver {
  /** A notice about the system, or an error without a request. */
  notice(code: number, message: string): void;
  /** An error that answers a request. */
  refused(code: number, message: string): void;
  /** A price or a size came. */
  ticked(): void;
  /** `reqCurrentTime` was answered, or was not in time. */
  heartbeat(answered: boolean): void;
}

/** Why the work pauses. */
export type Pause = "without_ib" | "competing_session";

/** What a watch tells others. */
export interface WatchListener {
  /** The work has to pause, for this reason; `null`: it may go on. */
  readonly onPause?: (pause: Pause | null) => void;
  /** A market-data farm is well again: lines may have fallen silent. */
  readonly onRestored?: () => void;
  /** Something of the status changed that a person sees. */
  readonly onChange?: () => void;
}

const LOST_IB = 1100;
const RESTORED: ReadonlySet<number> = new Set([1101, 1102]);
const COMPETING = 10197;
const WITHOUT_SERVER = 2110;
/** What breaks a farm, and what says that one is well, both with its name behind a colon. */
const BROKEN: ReadonlySet<number> = new Set([2103, 2157]);
const WELL: ReadonlySet<number> = new Set([2104, 2158]);
const MARKET_DATA_FARM = 2103;

/** Notes and warnings that are no error of a gateway. */
const isNote = (code: number): boolean =>
  code === 0 || (code >= 2100 && code < 2200) || [10090, 10091, 10167, 300, 366].includes(code);

/** Watches a gateway. */
export class GatewayWatch implements ConnectionObserver {
  readonly #clock: Clock;
  readonly #listeners = new Set<WatchListener>();
  readonly #brokenFarms = new Map<string, number>();
  #signs: { -readonly [K in keyof GatewaySigns]: GatewaySigns[K] };
  #pause: Pause | null = null;
  /** The last connection was deaf, and no newer one has shown that it is not. */
  #wasDeaf = false;
  #serverVersion: number | null = null;
  #lastState: AgentState = "connecting";
  #sinceMs: number;
  #lastTickAtMs: number | null = null;
  #counts = {
    lastDisconnectAtMs: null as number | null,
    lastDisconnectReason: null as string | null,
    lastIbError: null as GatewayStatus["lastIbError"],
    lastReconnectAttemptAtMs: null as number | null,
    lastReconnectError: null as string | null,
    reconnectAttempts: 0,
    reconnectFailures: 0,
    lastHeartbeatAtMs: null as number | null,
    lastHeartbeatError: null as string | null,
    heartbeatFailures: 0,
  };

  constructor(clock: Clock, clientId: number) {
    this.#clock = clock;
    this.#signs = { ...noSigns(clientId), brokenFarms: this.#brokenFarms };
    this.#sinceMs = clock.realNowMs();
  }

  /** Why the work pauses now. */
  get pause(): Pause | null {
    return this.#pause;
  }

  /** Whether market data can come: a connection, no pause, and no broken market-data farm. */
  get isFeedAlive(): boolean {
    const isOpen = this.#signs.openSinceMs !== null && this.#signs.failure === null;
    return isOpen && this.#pause === null && !this.#isFarmBroken;
  }

  /** Whether what the gateway says of contracts may be wrong just now. */
  get isTroubled(): boolean {
    return this.#pause !== null || this.#brokenFarms.size > 0;
  }

  /** Has a listener hear, until what it returns is called. */
  listen(listener: WatchListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** An attempt to connect begins. */
  trying(clientId: number): void {
    this.#signs.clientId = clientId;
    this.#counts.lastReconnectAttemptAtMs = this.#clock.realNowMs();
    this.#counts.reconnectAttempts++;
  }

  /** It failed. */
  failed(failure: NonNullable<GatewaySigns["failure"]>, message: string): void {
    const signs = this.#signs;
    if (signs.failure !== failure) signs.failingSinceMs = this.#clock.monotonicMs();
    signs.failure = failure;
    signs.wasDown ||= failure === "down";
    this.#counts.reconnectFailures++;
    this.#counts.lastReconnectError = shortened(message);
    this.#changed();
  }

  /** There is a connection. After a deaf one it must first show that it is alive. */
  opened(serverVersion: number): void {
    const signs = this.#signs;
    signs.openSinceMs = this.#clock.monotonicMs();
    signs.wasDown = false;
    if (!this.#wasDeaf) signs.failure = signs.failingSinceMs = null;
    this.#serverVersion = serverVersion;
    this.#changed();
  }

  /** The connection ended. What it said of IB and of farms is over with it. */
  closed(reason: string, isDeaf: boolean): void {
    const signs = this.#signs;
    this.#wasDeaf = isDeaf;
    if (isDeaf && signs.failure !== "deaf") {
      signs.failure = "deaf";
      signs.failingSinceMs = this.#clock.monotonicMs();
    }
    signs.openSinceMs = null;
    signs.closedAtMs = this.#clock.monotonicMs();
    signs.isWithoutIb = false;
    signs.competingSinceMs = null;
    this.#brokenFarms.clear();
    this.#serverVersion = null;
    this.#counts.lastDisconnectAtMs = this.#clock.realNowMs();
    this.#counts.lastDisconnectReason = shortened(reason);
    this.#decidePause();
    this.#changed();
  }

  notice(code: number, message: string): void {
    if (!isNote(code)) this.#noteError(code, message);
    const farm = message.slice(message.lastIndexOf(":") + 1).trim() || "a farm";
    const signs = this.#signs;
    if (code === LOST_IB || code === WITHOUT_SERVER) {
      if (!signs.isWithoutIb) signs.lostIbAtMs = this.#clock.monotonicMs();
      signs.isWithoutIb = true;
    } else if (RESTORED.has(code)) {
      signs.isWithoutIb = false;
    } else if (BROKEN.has(code)) {
      this.#brokenFarms.set(farm, code);
    } else if (WELL.has(code)) {
      const was = this.#brokenFarms.get(farm);
      this.#brokenFarms.delete(farm);
      // 2110 has no notice of its own that says that it is over.
      signs.isWithoutIb &&= code !== 2104;
      if (was === MARKET_DATA_FARM) { for (const it of this.#listeners) it.onRestored?.(); }
    }
    this.#decidePause();
    this.#changed();
  }

  refused(code: number, message: string): void {
    if (isNote(code)) return;
    this.#noteError(code, message);
    if (code !== COMPETING) return;
    this.#signs.competingSinceMs ??= this.#clock.monotonicMs();
    this.#decidePause();
    this.#changed();
  }

  ticked(): void {
    this.#lastTickAtMs = this.#clock.realNowMs();
    this.#alive();
  }

  /** A probe brought a tick: whatever the gateway said, prices come. */
  probed(): void {
    this.#signs.isWithoutIb = false;
    this.#signs.competingSinceMs = null;
    this.#decidePause();
    this.#changed();
  }

  heartbeat(answered: boolean): void {
    if (answered) {
      this.#counts.lastHeartbeatAtMs = this.#clock.realNowMs();
      return this.#alive();
    }
    this.#counts.heartbeatFailures++;
    this.#counts.lastHeartbeatError = "The gateway did not say its time within 5 s.";
  }

  /** All of it, but for the lines and the message rate, which others know. */
  status(): Omit<GatewayStatus, "lines" | "messageRate"> {
    const { state, detail } = this.#decide();
    return {
      state,
      sinceMs: this.#sinceMs,
      detail,
      connected: this.#signs.openSinceMs !== null,
      clientId: this.#signs.clientId,
      serverVersion: this.#serverVersion,
      ...this.#counts,
      lastTickAtMs: this.#lastTickAtMs,
    };
  }

  get #isFarmBroken(): boolean {
    return [...this.#brokenFarms.values()].includes(MARKET_DATA_FARM);
  }

  #decide(): { readonly state: AgentState; readonly detail: string | null } {
    const decided = stateOf(this.#signs, this.#clock.monotonicMs());
    if (decided.state !== this.#lastState) {
      this.#lastState = decided.state;
      this.#sinceMs = this.#clock.realNowMs();
    }
    return decided;
  }

  #decidePause(): void {
    const { openSinceMs, isWithoutIb, competingSinceMs } = this.#signs;
    const isPaused = openSinceMs !== null && (isWithoutIb || competingSinceMs !== null);
    const pause = !isPaused ? null : isWithoutIb ? "without_ib" : "competing_session";
    if (pause === this.#pause) return;
    this.#pause = pause;
    for (const { onPause } of [...this.#listeners]) onPause?.(pause);
  }

  /** It is not deaf, whatever the last one was. */
  #alive(): void {
    if (!this.#wasDeaf || this.#signs.openSinceMs === null) return;
    this.#wasDeaf = false;
    this.#signs.failure = this.#signs.failingSinceMs = null;
    this.#changed();
  }

  #changed(): void {
    this.#decide();
    for (const { onChange } of [...this.#listeners]) onChange?.();
  }

  #noteError(code: number, message: string): void {
    this.#counts.lastIbError = {
      atMs: this.#clock.realNowMs(),
      code,
      message: shortened(message),
    };
  }
}

function shortened(text: string): string {
  return text.slice(0, MAX_STATUS_TEXT);
}
