/** What every page's head says besides its own: how the agents are and who is signed in. */
import { createContext } from "preact";
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

/** The head of the page around; by itself that of a page for everyone. */
export const FrameContext = createContext<Frame>({
  agents: null,
  nowMs: 0,
  isLive: false,
  user: null,
});
