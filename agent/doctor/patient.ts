/** What the checks look at, and what earlier ones leave for later ones. */
import type { Clock } from "../../base/clock.ts";
import type { IdRange } from "../../base/command.ts";
import type { Ticker } from "../../options/contract.ts";
import type { GatewaySettings, ServerSettings } from "../settings.ts";
import type { Probe } from "./probe.ts";

/** One installation of the agent. */
export interface Patient {
  readonly settings: GatewaySettings & ServerSettings;
  /** The agent's key; absent where none is set. */
  readonly key: string | undefined;
  /** The client IDs of status checks. */
  readonly statusIds: IdRange;
  /** Of which one option's quote is asked for. */
  readonly ticker: Ticker;
  readonly clock: Clock;
  /** The connection that the handshake leaves for the checks after it. */
  probe?: Probe;
  /** How far this clock is before the server's, as its last answer said. */
  skewMs?: number;
}
