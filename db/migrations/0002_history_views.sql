-- History as people read it: plain rows, in the units of the field. Stored numbers are multiplied
-- and not divided by their scale, which keeps its decimals: 38.8500 and not 38.8500000000000000.

-- One row a contract of each snapshot. Every array is as long as the contract set, or NULL where
-- nothing in it has a value; unnest gives NULL for those.
CREATE VIEW option_quotes AS
SELECT
  b.id AS snapshot_id,
  t.symbol AS ticker,
  b.seq,
  b.as_of,
  b.received_at,
  b.late,
  b.agent_id,
  q.occ,
  left(q.occ, -15) AS root,
  to_date(left(right(q.occ, 15), 6), 'YYMMDD') AS expiry,
  left(right(q.occ, 9), 1) AS "right",
  right(q.occ, 8)::numeric * 0.001 AS strike,
  q.bid::numeric * 0.0001 AS bid,
  q.ask::numeric * 0.0001 AS ask,
  -- A mid is of one snapshot's bid and ask, both above 0.
  CASE
    WHEN q.bid > 0 AND q.ask > 0 THEN (q.bid::numeric + q.ask) * 0.00005
  END AS mid,
  q.last::numeric * 0.0001 AS last,
  q.volume,
  q.open_interest,
  q.implied_vol::numeric * 0.000001 AS implied_vol,
  q.delta::numeric * 0.000001 AS delta,
  q.gamma::numeric * 0.000001 AS gamma,
  q.theta::numeric * 0.000001 AS theta,
  q.vega::numeric * 0.000001 AS vega,
  q.bid_size,
  q.ask_size,
  (ARRAY['realtime', 'frozen', 'delayed', 'delayed_frozen'])[q.kind] AS market_data_type,
  q.multiplier,
  to_timestamp(q.quoted_at / 1000.0) AS quoted_at
FROM batches AS b
JOIN tickers AS t ON t.id = b.ticker_id
JOIN contract_sets AS s ON s.hash = b.contract_set
CROSS JOIN LATERAL unnest(
  s.occ,
  b.bid,
  b.ask,
  b.last,
  b.volume,
  b.open_interest,
  b.implied_vol,
  b.delta,
  b.gamma,
  b.theta,
  b.vega,
  b.bid_size,
  b.ask_size,
  b.kind,
  b.multiplier,
  b.quoted_at
) AS q (
  occ,
  bid,
  ask,
  last,
  volume,
  open_interest,
  implied_vol,
  delta,
  gamma,
  theta,
  vega,
  bid_size,
  ask_size,
  kind,
  multiplier,
  quoted_at
)
WHERE b.mode = 'snapshot';

-- One row a snapshot, with the deal's terms as they stood then. A day is New York's.
CREATE VIEW option_snapshots AS
SELECT
  b.id AS snapshot_id,
  t.symbol AS ticker,
  b.seq,
  b.as_of,
  b.received_at,
  b.agent_time,
  b.late,
  b.agent_id,
  b.read_id,
  b.trace_id,
  b.spot,
  d.cash AS deal_price,
  d.close_on AS deal_close,
  d.close_on - (b.as_of AT TIME ZONE 'America/New_York')::date AS days_to_close,
  c.contract_count,
  c.expiration_count,
  c.strike_count,
  jsonb_array_length(b.missing) AS missing_count
FROM batches AS b
JOIN tickers AS t ON t.id = b.ticker_id
LEFT JOIN LATERAL (
  SELECT v.cash, v.close_on
  FROM deals
  JOIN deal_versions AS v ON v.deal_id = deals.id
  WHERE deals.ticker_id = b.ticker_id
    AND v.valid_from <= b.as_of
    AND (deals.removed_at IS NULL OR deals.removed_at > b.as_of)
  ORDER BY v.valid_from DESC, v.version DESC
  LIMIT 1
) AS d ON true
CROSS JOIN LATERAL (
  SELECT
    count(*) AS contract_count,
    count(DISTINCT left(right(o.name, 15), 6)) AS expiration_count,
    count(DISTINCT right(o.name, 8)) AS strike_count
  FROM contract_sets AS s
  CROSS JOIN LATERAL unnest(s.occ) AS o (name)
  WHERE s.hash = b.contract_set
) AS c
WHERE b.mode = 'snapshot';
