/** Why the agent of a ticker brings nothing newer, as the agents' sessions say it. */
import type { SeenAgent } from "../../db/agent_sessions.ts";
import { REASON_OF_STATE } from "../../options/agent_state.ts";
import type { Ticker } from "../../options/contract.ts";
import type { ReasonCode } from "../../options/reasons.ts";

/**
 * The reason that the ticker's agent gives: the one that brought its newest chain, or any that reads
 * it; `null` where none is there or all is well. What stands by says nothing: another agent reads.
 */
export function agentReasonOf(
  there: readonly Pick<SeenAgent, "agent" | "status">[],
  ticker: Ticker,
  agentId: string | null,
): ReasonCode | null {
  const reading = there.filter(({ status }) =>
    status?.tickers.some((one) => one.ticker === ticker && one.state !== "standby")
  );
  const agent = reading.find(({ agent }) => agent === agentId) ?? reading[0];
  if (!agent?.status) return null;
  const own = agent.status.tickers.find((one) => one.ticker === ticker);
  return REASON_OF_STATE[own?.state ?? agent.status.gateway.state];
}
