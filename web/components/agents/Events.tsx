/** What happened to the agents in the last day, the newest first. */
import type { VNode } from "preact";
import { useContext } from "preact/hooks";
import type { AgentsHealth } from "../../../options/wire/agents.ts";
import { ZoneContext } from "../clock.ts";
import { dateTimeText, zonedText } from "../format.ts";

/** The list. */
export function Events({ events }: { events: AgentsHealth["events"] }): VNode {
  const zone = useContext(ZoneContext);
  return (
    <section aria-labelledby="events">
      <h2 id="events">Events of the day</h2>
      {events.length === 0
        ? <p class="muted">No agent connected or changed its state in the last day.</p>
        : (
          <div class="scroll" tabIndex={0}>
            <table class="numbers events">
              <thead>
                <tr>
                  <th scope="col">when</th>
                  <th scope="col">agent</th>
                  <th scope="col">what</th>
                </tr>
              </thead>
              <tbody>
                {events.map((event, at) => (
                  <tr key={`${event.at} ${at}`}>
                    <th scope="row" title={`${dateTimeText(Date.parse(event.at))} New York`}>
                      {zonedText(Date.parse(event.at), zone)}
                    </th>
                    <td>{event.agentId}</td>
                    <td>
                      {event.sentence}
                      {event.event === "state" && event.detail ? ` (${event.detail})` : ""}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
    </section>
  );
}
