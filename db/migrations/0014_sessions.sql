-- Agents' sessions with whatever server, what is asked of agents, and which ticker is leased to which.

-- One row a session. An agent that comes back in the same run takes up its row: `holder` is the run,
-- where the agent names one, and what leases and requests go by.
CREATE TABLE agent_sessions (
  holder uuid PRIMARY KEY,
  -- The line: another one of the same holder takes its place.
  session_id uuid NOT NULL UNIQUE,
  -- The server process that has the line.
  server_id uuid NOT NULL,
  agent text NOT NULL,
  version text,
  -- The kinds of requests it takes.
  takes text[] NOT NULL,
  -- Reads what is leased to it.
  auto boolean NOT NULL,
  -- The only tickers that its key opens; NULL for all.
  tickers text[],
  feed_alive boolean NOT NULL DEFAULT false,
  -- When its feed was last alive: leases leave a gateway that is dead for long.
  alive_at timestamptz NOT NULL DEFAULT now(),
  -- What it reads, as its heartbeats say.
  reads text[] NOT NULL DEFAULT '{}',
  state text NOT NULL DEFAULT 'connecting',
  status jsonb,
  started_at timestamptz NOT NULL DEFAULT now(),
  seen_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL
) WITH (fillfactor = 50);

-- One row a run of an agent's program, for its activity.
CREATE TABLE agent_runs (
  run_id uuid PRIMARY KEY,
  agent text NOT NULL,
  version text,
  started_at timestamptz NOT NULL DEFAULT now(),
  seen_at timestamptz NOT NULL DEFAULT now(),
  reads_started bigint NOT NULL DEFAULT 0,
  reads_failed bigint NOT NULL DEFAULT 0,
  conflicts bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

CREATE INDEX agent_runs_agent ON agent_runs (agent, started_at);

CREATE TABLE agent_requests (
  id uuid PRIMARY KEY,
  kind text NOT NULL,
  -- The ticker; what makes two requests of a kind the same.
  subject text NOT NULL,
  ticker text,
  request jsonb NOT NULL,
  -- Who answers it; NULL while nobody is there.
  holder uuid,
  state text NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'sent', 'first', 'ended')),
  done integer NOT NULL DEFAULT 0,
  total integer NOT NULL DEFAULT 0,
  outcome jsonb,
  asked_at timestamptz NOT NULL DEFAULT now(),
  -- Since when nobody is there who answers.
  orphaned_at timestamptz,
  deadline timestamptz NOT NULL,
  ended_at timestamptz
) WITH (fillfactor = 50);

-- Who asks for the same waits for the same answer.
CREATE UNIQUE INDEX agent_requests_open ON agent_requests (kind, subject) WHERE ended_at IS NULL;

CREATE INDEX agent_requests_ended ON agent_requests (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE ticker_leases (
  ticker_id integer PRIMARY KEY REFERENCES tickers (id) ON DELETE CASCADE,
  holder uuid NOT NULL,
  since timestamptz NOT NULL DEFAULT now()
);

-- The agent that can best be asked: one that is there, takes the kind and may read the ticker; of
-- those the ticker's owner, then one whose feed is well, then the one with the fewest requests.
CREATE FUNCTION session_to_ask(kind text, ticker text) RETURNS uuid
LANGUAGE sql STABLE
RETURN (
  SELECT s.holder
  FROM agent_sessions AS s
  WHERE s.expires_at > now()
    AND kind = ANY (s.takes)
    AND (s.tickers IS NULL OR ticker IS NULL OR ticker = ANY (s.tickers))
  ORDER BY
    coalesce(s.agent = (SELECT t.owner_agent FROM tickers AS t WHERE t.symbol = ticker), false) DESC,
    s.feed_alive DESC,
    (SELECT count(*) FROM agent_requests AS r WHERE r.holder = s.holder AND r.ended_at IS NULL),
    s.holder
  LIMIT 1
);

-- What each agent did in the last day, and how often it was started in the last week.
CREATE VIEW agent_activity AS
SELECT
  a.name AS agent,
  a.last_seen_at,
  coalesce(b.snapshots, 0) AS snapshots,
  coalesce(b.updates, 0) AS updates,
  b.average_contracts,
  coalesce(b.contracts_per_hour, 0) AS contracts_per_hour,
  coalesce(r.starts, 0) AS starts,
  coalesce(r.conflicts, 0) AS conflicts,
  r.failure_ratio
FROM agents AS a
LEFT JOIN LATERAL (
  SELECT
    sum(o.batches) FILTER (WHERE o.mode = 'snapshot') AS snapshots,
    sum(o.batches) FILTER (WHERE o.mode = 'update') AS updates,
    round(
      sum(o.batches * c.contracts) FILTER (WHERE o.mode = 'snapshot')
        / sum(o.batches) FILTER (WHERE o.mode = 'snapshot'),
      1
    ) AS average_contracts,
    round(sum(o.batches * c.contracts) / 24.0, 1) AS contracts_per_hour
  -- Sets are large and few: each is opened once.
  FROM (
    SELECT p.mode, p.contract_set, count(*) AS batches
    FROM batches AS p
    WHERE p.agent_id = a.name AND p.as_of > domain_now() - interval '1 day'
    GROUP BY p.mode, p.contract_set
  ) AS o
  LEFT JOIN LATERAL (
    SELECT cardinality(set_occ(s.occ, s.strikes)) AS contracts
    FROM contract_sets AS s
    WHERE s.hash = o.contract_set
  ) AS c ON true
) AS b ON true
LEFT JOIN LATERAL (
  SELECT
    count(*) AS starts,
    sum(u.conflicts) AS conflicts,
    round(sum(u.reads_failed) / nullif(sum(u.reads_started), 0), 4) AS failure_ratio
  FROM agent_runs AS u
  WHERE u.agent = a.name AND u.started_at > now() - interval '7 days'
) AS r ON true;
