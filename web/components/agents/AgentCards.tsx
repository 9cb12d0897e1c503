/** Every agent, by the gateway it reads: its state in words, what to do, and its numbers. */
import type { VNode } from "preact";
import { Fact } from "../Fact.tsx";
import { sentenceOfState } from "../../../options/agent_state.ts";
import type { AgentsHealth } from "../../../options/wire/agents.ts";
import { ageText } from "../../../options/freshness.ts";
import { useTextOfNow } from "../clock.ts";
import { countOf, countText, dateTimeText, fixedText, signedText } from "../format.ts";

type Agent = AgentsHealth["agents"][number];

/** Agents of one gateway. */
interface GatewayGroup {
  readonly address: string;
  readonly agents: readonly Agent[];
}

/** The agents, grouped by gateway. */
export function AgentCards({ agents }: { agents: readonly Agent[] }): VNode {
  return (
    <>
      {groupsOf(agents).map(({ address, agents: own }) => (
        <section key={address} class="gateway" aria-labelledby={idOf(address)}>
          <h2 id={idOf(address)}>
            {address === "" ? "Agents without a session" : `Gateway ${address}`}{" "}
            <small>{address === "" ? "" : clientsText(own)}</small>
          </h2>
          {own.map((agent) => <Card key={agent.agentId} agent={agent} />)}
        </section>
      ))}
    </>
  );
}

function groupsOf(agents: readonly Agent[]): GatewayGroup[] {
  const groups = Map.groupBy(
    agents,
    ({ connected, gateway }) => connected ? gateway?.address ?? "of an older agent" : "",
  );
  return [...groups].sort(([a], [b]) => a === "" ? 1 : b === "" ? -1 : a < b ? -1 : 1)
    .map(([address, own]) => ({ address, agents: own }));
}

function idOf(address: string): string {
  return `gateway-${address.replaceAll(/[^A-Za-z0-9]/g, "-")}`;
}

/** The API clients of one gateway that are ours. */
function clientsText(agents: readonly Agent[]): string {
  const ids = agents.flatMap(({ gateway }) => gateway?.connected ? [gateway.clientId] : []);
  return ids.length === 0
    ? "no client connected"
    : `client ${ids.sort((a, b) => a - b).join(", ")}`;
}

interface Look {
  readonly colour: string;
  readonly shape: string;
  readonly word: string;
}

/** The dot of an agent: colour, shape and word. */
export function lookOf({ connected, state, feedAlive }: Agent): Look {
  if (!connected) return { colour: "cached", shape: "dotted", word: "offline" };
  if (state === "ok" && feedAlive) return { colour: "live", shape: "full", word: "ok" };
  const word = state.replaceAll("_", " ");
  if (["ok", "connecting", "standby", "restarting"].includes(state)) {
    return { colour: "recent", shape: "half", word };
  }
  return { colour: "stale", shape: "ring", word };
}

function Card({ agent }: { agent: Agent }) {
  const { colour, shape, word } = lookOf(agent);
  const { gateway } = agent;
  return (
    <article class="agent" data-agent={agent.agentId}>
      <h3>
        {agent.agentId}{" "}
        <span class={`fresh ${colour}`}>
          <i class={shape}></i>
          {word}
        </span>
      </h3>
      <p class="why">
        {agent.sentence}
        {gateway?.detail ? ` (${gateway.detail})` : ""}
      </p>
      <dl class="facts">
        <Fact name="heard of">
          {agent.lastSeenAt === null ? "never" : <Since atMs={Date.parse(agent.lastSeenAt)} />}
        </Fact>
        {gateway ? <GatewayFacts gateway={gateway} /> : null}
        <Fact name="spool">
          {agent.spoolDepth === null ? "unknown" : `${countText(agent.spoolDepth)} waiting`}
        </Fact>
        <Fact name="of the last day">
          {`${countOf(agent.snapshots, "snapshot")}, ${
            countText(Math.round(agent.contractsPerHour))
          } contracts/h`}
        </Fact>
        <Fact name="of the last week">
          {`${countOf(agent.starts, "start")}, ${countOf(agent.conflicts, "conflict")}, ${
            failureText(agent)
          }`}
        </Fact>
        <Fact name="version">{agent.version ?? "unknown"}</Fact>
      </dl>
      {gateway?.lastIbError ? <LastError error={gateway.lastIbError} /> : null}
      {agent.tickers.length === 0 ? null : <Tickers agent={agent} />}
    </article>
  );
}

function failureText({ failureRatio }: Agent): string {
  return failureRatio === null
    ? "no read ended"
    : `${signedText(failureRatio * 100, 1).replace("+", "")} % of reads failed`;
}

function GatewayFacts({ gateway }: { gateway: NonNullable<Agent["gateway"]> }) {
  const { clientId, lines, messageRate, sinceMs, reconnectAttempts, reconnectFailures } = gateway;
  return (
    <>
      <Fact name="so since">
        <Since atMs={sinceMs} />
      </Fact>
      <Fact name="client ID">{String(clientId)}</Fact>
      <Fact name="lines used / limit">
        {`${countText(lines.used)} / ${countText(lines.limit)}`}
      </Fact>
      <Fact name="messages/s">{countText(messageRate)}</Fact>
      <Fact name="reconnects">
        {`${countText(reconnectAttempts)}, ${countText(reconnectFailures)} failed`}
      </Fact>
    </>
  );
}

function LastError(
  { error: { atMs, code, message } }: {
    error: NonNullable<NonNullable<Agent["gateway"]>["lastIbError"]>;
  },
) {
  return (
    <p class="muted">
      {`Last IB error ${code}: ${message} `}
      (<Since atMs={atMs} />)
    </p>
  );
}

/** Agents' times are real time, and so is this page's clock. */
function Since({ atMs }: { atMs: number }) {
  const text = useTextOfNow((nowMs) => `${ageText(Math.max(0, nowMs - atMs))} ago`);
  return (
    <time dateTime={new Date(atMs).toISOString()} title={`${dateTimeText(atMs)} New York`}>
      {text}
    </time>
  );
}

function Tickers({ agent: { tickers, leases } }: { agent: Agent }) {
  return (
    <div class="scroll" tabIndex={0}>
      <table class="numbers">
        <thead>
          <tr>
            <th scope="col">ticker</th>
            <th scope="col">state</th>
            <th scope="col">contracts</th>
            <th scope="col">missing</th>
            <th scope="col">last read, New York</th>
            <th scope="col">took</th>
            <th scope="col">reading</th>
            <th scope="col">given</th>
          </tr>
        </thead>
        <tbody>
          {tickers.map((one) => (
            <tr key={one.ticker}>
              <th scope="row">
                <a href={`/chains/${encodeURIComponent(one.ticker)}`}>{one.ticker}</a>
              </th>
              <td title={sentenceOfState(one.state)}>
                {one.state.replaceAll("_", " ")}
              </td>
              <td>{one.contracts === null ? "none read" : countText(one.contracts)}</td>
              <td>{one.missing === null ? "" : countText(one.missing)}</td>
              <td>{one.lastReadAtMs === null ? "" : dateTimeText(one.lastReadAtMs)}</td>
              <td>{secondsText(one.lastReadSeconds)}</td>
              <td>
                {one.reading
                  ? `${countText(one.reading.done)} of ${countText(one.reading.total)}`
                  : one.streaming
                  ? "streaming"
                  : "no"}
              </td>
              <td>{leases.includes(one.ticker) ? "by the server" : "by hand"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function secondsText(seconds: number | null | undefined): string {
  return seconds === null || seconds === undefined ? "" : `${fixedText(seconds, 1)} s`;
}
