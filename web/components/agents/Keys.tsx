/** The keys with which agents post: forms, so that they work without scripts. */
import type { VNode } from "preact";
import type { KeyInfo, MadeKey } from "../../../db/keys.ts";
import { dateTimeText } from "../format.ts";

/** What is shown of keys. */
export interface KeysProps {
  readonly keys: readonly KeyInfo[];
  /** A key that was just made: its text is shown this once. */
  readonly made: MadeKey | null;
  readonly realNowMs: number;
}

/** The list and the forms. */
export function Keys({ keys, made, realNowMs }: KeysProps): VNode {
  return (
    <section aria-labelledby="keys">
      <h2 id="keys">Keys</h2>
      <p class="muted">
        A key opens the server to one agent, or to a numbered set: that of deals also to deals-0,
        deals-1 … Only its hash is kept.
      </p>
      {made ? <Made made={made} /> : null}
      {keys.length === 0 ? null : (
        <div class="scroll" tabIndex={0}>
          <table class="numbers keys">
            <thead>
              <tr>
                <th scope="col">key</th>
                <th scope="col">agent</th>
                <th scope="col">tickers</th>
                <th scope="col">made</th>
                <th scope="col">last used</th>
                <th scope="col">state</th>
                <th scope="col">
                  <span class="vh">what to do</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {keys.map((key) => <KeyRow key={key.id} info={key} realNowMs={realNowMs} />)}
            </tbody>
          </table>
        </div>
      )}
      <form method="post" action="/agents/keys" class="row">
        <label>
          Agent{" "}
          <input
            name="agent"
            required
            maxLength={64}
            pattern="[A-Za-z0-9][A-Za-z0-9._\-]*"
            placeholder="desk-1"
            autocomplete="off"
          />
        </label>
        <label>
          Only for tickers{" "}
          <input name="tickers" maxLength={400} placeholder="all" autocomplete="off" />
        </label>
        <label>
          Days it is good for{" "}
          <input name="days" type="number" min="1" max="3650" placeholder="for ever" />
        </label>
        <button type="submit" class="go">Make a key</button>
      </form>
    </section>
  );
}

function Made({ made: { id, agent, key } }: { made: MadeKey }) {
  return (
    <div class="note" role="status">
      <p>
        <strong>{`Key ${id} of ${agent}. It is shown this once:`}</strong>
      </p>
      <p>
        <code class="secret">{key}</code>
      </p>
      <p>
        Where TWS or IB Gateway runs:{" "}
        <code>{`AGENT_ID=${agent} AGENT_API_KEY=… deno task agent run`}</code>
      </p>
    </div>
  );
}

function KeyRow({ info, realNowMs }: { info: KeyInfo; realNowMs: number }) {
  const { id, agent, tickers, createdAtMs, lastUsedAtMs, expiresAtMs, revokedAtMs } = info;
  const isOver = revokedAtMs !== null || (expiresAtMs !== null && expiresAtMs <= realNowMs);
  return (
    <tr>
      <th scope="row">{id}</th>
      <td>{agent}</td>
      <td>{tickers?.join(", ") ?? "all"}</td>
      <td>{dateTimeText(createdAtMs)}</td>
      <td>{lastUsedAtMs === null ? "never" : dateTimeText(lastUsedAtMs)}</td>
      <td>
        {revokedAtMs !== null
          ? `revoked ${dateTimeText(revokedAtMs)}`
          : expiresAtMs === null
          ? "good"
          : `${isOver ? "expired" : "good until"} ${dateTimeText(expiresAtMs)}`}
      </td>
      <td>
        {isOver ? null : (
          <form method="post" action="/agents/keys/change">
            <input type="hidden" name="id" value={id} />
            <button
              type="submit"
              name="do"
              value="rotate"
              title="Makes a key that takes over; this one is good for 24 hours more"
            >
              Rotate
            </button>{" "}
            <button type="submit" name="do" value="revoke">Revoke</button>
          </form>
        )}
      </td>
    </tr>
  );
}
