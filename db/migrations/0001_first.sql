-- The tables of the first version. Times are domain time (real time plus the installation's clock
-- offset), to the millisecond; keys, users and sessions go by real time.

-- One row: what is true of the whole installation.
CREATE TABLE installation (
  id smallint PRIMARY KEY DEFAULT 1 CHECK (id = 1),
  clock_offset_ms bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now()
);

INSERT INTO installation DEFAULT VALUES;

-- Domain time. VOLATILE: each call reads the clock, so that a writer that waited for its turn is
-- dated when its turn came.
CREATE FUNCTION domain_now() RETURNS timestamptz
LANGUAGE sql VOLATILE PARALLEL SAFE
RETURN (
  SELECT date_trunc('milliseconds', clock_timestamp()) + clock_offset_ms * interval '1 millisecond'
  FROM installation
);

-- Every underlying ever followed. The row is what writers of a ticker queue on: it holds the
-- position of its history and whose window it is.
CREATE TABLE tickers (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  symbol text NOT NULL UNIQUE CHECK (symbol = upper(symbol)),
  name text,
  seq bigint NOT NULL DEFAULT 0,
  -- The agent whose window it is, and when it last wrote or said that its feed is alive.
  owner_agent text,
  owned_at timestamptz,
  -- The newest write, whoever made it; backfills count, as no later write may be dated before one.
  last_write_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

CREATE TABLE users (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  email text NOT NULL UNIQUE CHECK (email = lower(email)),
  name text,
  role text NOT NULL CHECK (role IN ('viewer', 'trader', 'operator')),
  created_at timestamptz NOT NULL DEFAULT now()
);

-- A deal on a ticker; its terms are in its newest version.
CREATE TABLE deals (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ticker_id integer NOT NULL REFERENCES tickers (id),
  created_at timestamptz NOT NULL,
  removed_at timestamptz
);

CREATE UNIQUE INDEX deals_open ON deals (ticker_id) WHERE removed_at IS NULL;

CREATE TABLE deal_versions (
  deal_id bigint NOT NULL REFERENCES deals (id),
  version integer NOT NULL CHECK (version > 0),
  cash numeric(12, 4) CHECK (cash > 0),
  close_on date,
  valid_from timestamptz NOT NULL,
  PRIMARY KEY (deal_id, version)
);

-- Tickers followed without a deal: by a user, or (no user) by the installation.
CREATE TABLE watches (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ticker_id integer NOT NULL REFERENCES tickers (id),
  user_id bigint REFERENCES users (id) ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE NULLS NOT DISTINCT (ticker_id, user_id)
);

-- A named source of prices.
CREATE TABLE agents (
  name text PRIMARY KEY,
  created_at timestamptz NOT NULL DEFAULT now(),
  -- Domain time, to the nearest few seconds: it is not written on every post.
  last_seen_at timestamptz
);

-- A key opens the ingest call for one agent, or for a numbered set: the key of deals also for
-- deals-0, deals-1 …. Only the SHA-256 of its text is kept.
CREATE TABLE keys (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  agent text NOT NULL REFERENCES agents (name),
  hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  revoked_at timestamptz
);

-- The contracts of a batch, kept once however many batches list the same.
CREATE TABLE contract_sets (
  hash bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
  occ text[] NOT NULL
);

CREATE SEQUENCE batch_ids;

-- What one ingest call brought: one row a batch, one array a field, in the order of the contract
-- set. Prices are in 1e-4, IV and greeks in 1e-6; an array in which nothing has a value is NULL.
-- Partitioned by the time of receipt, which rises with seq: readers of the tail prune by it.
CREATE TABLE batches (
  id bigint NOT NULL,
  ticker_id integer NOT NULL REFERENCES tickers (id),
  seq bigint NOT NULL,
  as_of timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  agent_time timestamptz NOT NULL,
  late boolean NOT NULL,
  mode text NOT NULL CHECK (mode IN ('snapshot', 'update')),
  read_id text,
  agent_id text NOT NULL,
  trace_id text,
  spot numeric(10, 4),
  contract_set bytea NOT NULL REFERENCES contract_sets (hash),
  bid integer[],
  ask integer[],
  last integer[],
  volume integer[],
  open_interest integer[],
  implied_vol integer[],
  delta integer[],
  gamma integer[],
  theta integer[],
  vega integer[],
  bid_size integer[],
  ask_size integer[],
  -- IB's market data types: 1 realtime, 2 frozen, 3 delayed, 4 delayed_frozen.
  kind smallint[],
  multiplier double precision[],
  -- Milliseconds since 1970.
  quoted_at bigint[],
  -- [{contract, reason}]: what the read was to bring and did not.
  missing jsonb NOT NULL DEFAULT '[]',
  PRIMARY KEY (ticker_id, seq, received_at)
) PARTITION BY RANGE (received_at);

CREATE TABLE batches_default PARTITION OF batches DEFAULT;

CREATE INDEX batches_as_of ON batches (ticker_id, as_of, seq);

-- What came after newer data was known; a checkpoint that a row here predates is of no use.
CREATE INDEX batches_late ON batches (ticker_id, seq) WHERE late;

-- The first answer to each idempotency key of the last 30 days.
CREATE TABLE idempotency (
  agent_id text NOT NULL,
  key text NOT NULL,
  body_hash bytea NOT NULL CHECK (octet_length(body_hash) = 32),
  -- Real time: it is retried by real time.
  created_at timestamptz NOT NULL DEFAULT now(),
  batch_id bigint,
  seq bigint,
  deal_id bigint,
  received_at timestamptz NOT NULL,
  as_of timestamptz NOT NULL,
  PRIMARY KEY (agent_id, key)
);

CREATE INDEX idempotency_age ON idempotency (created_at);

-- The folded chain of a ticker at a position, so that readers need not fold from the beginning.
CREATE TABLE checkpoints (
  ticker_id integer NOT NULL REFERENCES tickers (id),
  seq bigint NOT NULL,
  as_of timestamptz NOT NULL,
  as_of_seq bigint NOT NULL,
  body text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (ticker_id, seq)
);
