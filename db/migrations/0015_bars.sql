-- Historical bars as IB gives them, kept by series, and of which time each series was read: what
-- was read and has no bar was not traded; what was not read is a gap that an agent can fill.
CREATE TABLE bar_series (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- A contract's OCC symbol, or a ticker for its underlying.
  instrument text NOT NULL,
  what text NOT NULL CHECK (what IN ('MIDPOINT', 'BID_ASK', 'TRADES')),
  bar text NOT NULL,
  -- Regular trading hours only.
  rth boolean NOT NULL,
  covered tstzmultirange NOT NULL DEFAULT '{}',
  -- When it was last read, and up to when: the bar that is not over is read again, but not at once.
  read_at timestamptz NOT NULL DEFAULT now(),
  read_to timestamptz NOT NULL DEFAULT '-infinity',
  UNIQUE (instrument, what, bar, rth)
);

CREATE TABLE bars (
  series_id integer NOT NULL REFERENCES bar_series (id) ON DELETE CASCADE,
  start_at timestamptz NOT NULL,
  open double precision NOT NULL,
  high double precision NOT NULL,
  low double precision NOT NULL,
  close double precision NOT NULL,
  -- Of trades only.
  volume double precision,
  wap double precision,
  trades double precision,
  PRIMARY KEY (series_id, start_at)
);

-- One row a bar, for psql, Grafana and notebooks. Of BID_ASK the open is the average bid, the close
-- the average ask, the low the lowest bid and the high the highest ask.
CREATE VIEW historical_bars AS
SELECT
  s.instrument,
  s.what,
  s.bar,
  s.rth,
  b.start_at,
  b.open,
  b.high,
  b.low,
  b.close,
  b.volume,
  b.wap,
  b.trades
FROM bars AS b
JOIN bar_series AS s ON s.id = b.series_id;
