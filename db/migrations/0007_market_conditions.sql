-- The conditions of the market at each snapshot, worked out when it is stored, so that a month of
-- them is read without a single quote. NULL in what is not known; `expiries` is NULL only where the
-- conditions were not worked out yet, and empty where no expiry has a volatility.
ALTER TABLE batches
  -- In 1e-6, for 30 days: at the money, and of the 25-delta put less the 25-delta call.
  ADD COLUMN atm_iv integer,
  ADD COLUMN skew integer,
  ADD COLUMN put_volume bigint,
  ADD COLUMN call_volume bigint,
  ADD COLUMN put_open_interest bigint,
  ADD COLUMN call_open_interest bigint,
  ADD COLUMN expiries date[],
  -- In 1e-6, in the order of `expiries`.
  ADD COLUMN expiry_atm_iv integer[],
  ADD COLUMN expiry_skew integer[];

-- A month of a ticker's conditions is read from the index alone: its rows lie among those of all
-- other tickers, each on a page of its own.
DROP INDEX batches_as_of;

CREATE INDEX batches_as_of ON batches (ticker_id, as_of, seq) INCLUDE (mode, spot, atm_iv, skew);

-- One row a snapshot.
CREATE VIEW market_conditions AS
SELECT
  t.symbol AS ticker,
  b.id AS snapshot_id,
  b.seq,
  b.as_of,
  b.received_at,
  b.late,
  b.spot,
  b.atm_iv::numeric * 0.000001 AS atm_iv,
  b.skew::numeric * 0.000001 AS skew,
  b.put_volume,
  b.call_volume,
  round(b.put_volume::numeric / nullif(b.call_volume, 0), 4) AS put_call_volume_ratio,
  b.put_open_interest,
  b.call_open_interest,
  round(b.put_open_interest::numeric / nullif(b.call_open_interest, 0), 4)
    AS put_call_open_interest_ratio
FROM batches AS b
JOIN tickers AS t ON t.id = b.ticker_id
WHERE b.mode = 'snapshot';

-- One row a snapshot and expiry with a volatility at the money. Days are New York's.
CREATE VIEW market_conditions_by_expiry AS
SELECT
  t.symbol AS ticker,
  b.id AS snapshot_id,
  b.seq,
  b.as_of,
  b.received_at,
  b.late,
  b.spot,
  e.expiry,
  e.expiry - (b.as_of AT TIME ZONE 'America/New_York')::date AS days,
  e.atm_iv::numeric * 0.000001 AS atm_iv,
  e.skew::numeric * 0.000001 AS skew
FROM batches AS b
JOIN tickers AS t ON t.id = b.ticker_id
CROSS JOIN LATERAL unnest(b.expiries, b.expiry_atm_iv, b.expiry_skew) AS e (expiry, atm_iv, skew)
WHERE b.mode = 'snapshot';
