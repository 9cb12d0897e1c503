/** How the agents are, as a dot with words: colour, shape and word, always all three. */
import type { VNode } from "preact";
import type { AgentCounts } from "../../options/wire/live.ts";
import { countOf, countText } from "./format.ts";

interface Look {
  readonly colour: "live" | "recent" | "stale" | "cached";
  readonly shape: "full" | "half" | "ring" | "dotted";
  readonly words: string;
}

/** How the dot looks and what it says. */
export function agentsLook(agents: AgentCounts | null): Look {
  if (agents === null) return { colour: "cached", shape: "dotted", words: "agents" };
  const { known, connected, alive } = agents;
  if (connected === 0) {
    return { colour: "cached", shape: "dotted", words: "no agent connected" };
  }
  const all = countOf(connected, "agent");
  if (alive === 0) return { colour: "stale", shape: "ring", words: `${all}, no feed` };
  if (alive < connected || connected < known) {
    return {
      colour: "recent",
      shape: "half",
      words: `${countText(alive)} of ${countOf(known, "agent")}`,
    };
  }
  return { colour: "live", shape: "full", words: `${all} connected` };
}

/** The dot; it leads to the agents. */
export function AgentsDot(props: { agents: AgentCounts | null }): VNode {
  const { colour, shape, words } = agentsLook(props.agents);
  return (
    <a href="/agents" class="agents-dot">
      <span class={`fresh ${colour}`}>
        <i class={shape}></i>
        {words}
      </span>
    </a>
  );
}
