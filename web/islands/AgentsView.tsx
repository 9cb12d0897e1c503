/** The moving part of the agents' page: it asks the server every few seconds how they are. */
import type { VNode } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { AgentsHealth } from "../../options/wire/agents.ts";
import { tickingClock } from "../client/ticking.ts";
import { AgentCards } from "../components/agents/AgentCards.tsx";
import { Events } from "../components/agents/Events.tsx";
import { PageClockContext, useZone, ZoneContext } from "../components/clock.ts";

/** Everything as JSON. */
export interface AgentsViewProps {
  /** Real time, by which agents' times are told. */
  readonly realNowMs: number;
  readonly health: AgentsHealth;
}

const EVERY_MS = 10_000;

export default function AgentsView(props: AgentsViewProps): VNode {
  const clock = useMemo(() => tickingClock(props.realNowMs), []);
  const [health, setHealth] = useState(props.health);
  const [line, setLine] = useState<"open" | "away">("open");
  const zone = useZone();
  useEffect(() => {
    const look = async (): Promise<void> => {
      if (document.visibilityState === "hidden") return;
      try {
        const response = await fetch("/api/price-agent/health");
        if (!response.ok) throw new Error(`${response.status}`);
        // The server is of the same origin and answers what `options/wire/agents.ts` says.
        setHealth(await response.json() as AgentsHealth);
        setLine("open");
      } catch {
        setLine("away"); // it is said on the page, and asked again
      }
    };
    const timer = setInterval(() => void look(), EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <PageClockContext.Provider value={clock}>
      <ZoneContext.Provider value={zone}>
        <p class="offline" role="status">
          {line === "away"
            ? "The server could not be reached: this is how the agents were last."
            : ""}
        </p>
        {health.agents.length === 0 ? <NoAgents /> : <AgentCards agents={health.agents} />}
        <Events events={health.events} />
      </ZoneContext.Provider>
    </PageClockContext.Provider>
  );
}

function NoAgents() {
  return (
    <div class="note">
      No agent was ever here. Make a key below, then start one where TWS or IB Gateway runs:{" "}
      <code>SERVER_URL=… AGENT_ID=desk-1 AGENT_API_KEY=… deno task agent run</code>
    </div>
  );
}
