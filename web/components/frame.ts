/**
 * What every page's head says besides its own: how the agents are and who is signed in. A page is
 * drawn in one go, so what it is to say is set before each (`htmlResponse()`).
 */
import type { AgentCounts } from "../../options/wire/live.ts";

/** What the head says. */
export interface Frame {
  /** Null where it is not known. */
  readonly agents: AgentCounts | null;
  readonly nowMs: number;
  /** Whether the page is for somebody who may follow the server. */
  readonly isLive: boolean;
  /** Who is signed in; null where nobody is, or there is no sign-in. */
  readonly user: string | null;
}

const UNKNOWN: Frame = { agents: null, nowMs: 0, isLive: false, user: null };

let frame = UNKNOWN;

/** The head of the page that is drawn. */
export function currentFrame(): Frame {
  return frame;
}

/** Sets the head of the page that is drawn next; `undefined` where nothing is known. */
export function setFrame(next: Frame | undefined): void {
  frame = next ?? UNKNOWN;
}
