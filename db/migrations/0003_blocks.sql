-- A batch's quotes as one run of bytes (db/block.ts has its layout) instead of an array a field: a
-- third of the size to send, and nothing to parse. SQL reads it by block_values().

-- One column of a block, in the order of the contracts: place 0 to 11 the fields, 12 kind, 13
-- multiplier in 1e-4, 14 quoted_at in milliseconds. NULL where no contract has a value. Hand it
-- bytes that do not lie compressed (block || ''): each get_byte() would inflate the whole.
CREATE FUNCTION block_values(block bytea, place integer) RETURNS bigint[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
  n integer;
  head integer := 6 + 14 * place;
  width integer := get_byte(block, head);
  base bigint;
  step bigint;
  -- The code of none: 0 where some have none, else one that no value has.
  none bigint := get_byte(block, head + 1) - 1;
  start integer := 216;
  other integer;
  planes bytea;
BEGIN
  IF get_byte(block, 0) <> 1 THEN
    RAISE 'a block of version % cannot be read by this database', get_byte(block, 0);
  END IF;
  IF width = 255 THEN
    RETURN NULL;
  END IF;
  n := ('x' || encode(substring(block FROM 3 FOR 4), 'hex'))::bit(32)::integer;
  base := ('x' || encode(substring(block FROM head + 3 FOR 8), 'hex'))::bit(64)::bigint;
  step := ('x00000000' || encode(substring(block FROM head + 11 FOR 4), 'hex'))::bit(64)::bigint;
  FOR earlier IN 0..place - 1 LOOP
    other := get_byte(block, 6 + 14 * earlier);
    IF other < 255 THEN
      start := start + other * n;
    END IF;
  END LOOP;
  planes := substring(block FROM start + 1 FOR width * n);
  CASE width
    WHEN 0 THEN
      RETURN array_fill(base, ARRAY[n]);
    WHEN 1 THEN
      RETURN ARRAY(
        SELECT base + step * nullif(get_byte(planes, i)::bigint, none)
        FROM generate_series(0, n - 1) AS i
      );
    WHEN 2 THEN
      RETURN ARRAY(
        SELECT base + step * nullif(get_byte(planes, i) * 256::bigint + get_byte(planes, n + i), none)
        FROM generate_series(0, n - 1) AS i
      );
    WHEN 3 THEN
      RETURN ARRAY(
        SELECT
          base + step * nullif(
            get_byte(planes, i) * 65536::bigint + get_byte(planes, n + i) * 256
              + get_byte(planes, 2 * n + i),
            none
          )
        FROM generate_series(0, n - 1) AS i
      );
    ELSE
      RETURN ARRAY(
        SELECT
          base + step * nullif(
            (
              SELECT sum(get_byte(planes, plane * n + i) * (1::bigint << (8 * (width - 1 - plane))))
              FROM generate_series(0, width - 1) AS plane
            )::bigint,
            none
          )
        FROM generate_series(0, n - 1) AS i
      );
  END CASE;
END
$$;

-- The quotes of a block, one row a contract, in whole numbers of the field's scale: prices and
-- multiplier in 1e-4, IV and greeks in 1e-6.
CREATE FUNCTION block_quotes(block bytea, occ text[])
RETURNS TABLE (
  contract text,
  bid bigint,
  ask bigint,
  last bigint,
  volume bigint,
  open_interest bigint,
  implied_vol bigint,
  delta bigint,
  gamma bigint,
  theta bigint,
  vega bigint,
  bid_size bigint,
  ask_size bigint,
  kind bigint,
  multiplier bigint,
  quoted_at bigint
)
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE ROWS 1000
AS $$
DECLARE
  plain bytea := block || '';
BEGIN
  RETURN QUERY
  SELECT *
  FROM unnest(
    occ,
    block_values(plain, 0),
    block_values(plain, 1),
    block_values(plain, 2),
    block_values(plain, 3),
    block_values(plain, 4),
    block_values(plain, 5),
    block_values(plain, 6),
    block_values(plain, 7),
    block_values(plain, 8),
    block_values(plain, 9),
    block_values(plain, 10),
    block_values(plain, 11),
    block_values(plain, 12),
    block_values(plain, 13),
    block_values(plain, 14)
  );
END
$$;

-- What was stored as arrays, as blocks of four or seven bytes a value.
CREATE FUNCTION column_head(value bigint[], width integer) RETURNS bytea
LANGUAGE sql
RETURN CASE
  WHEN value IS NULL THEN '\xff'::bytea || decode(repeat('00', 13), 'hex')
  ELSE decode(lpad(to_hex(width), 2, '0') || '01', 'hex')
    || int8send((SELECT min(w.v) - 1 FROM unnest(value) AS w (v)))
    || int4send(1)
END;

CREATE FUNCTION column_planes(value bigint[], width integer) RETURNS bytea
LANGUAGE sql
RETURN coalesce(
  (
    SELECT string_agg(plane.bytes, '' ORDER BY plane.place)
    FROM (
      SELECT
        place,
        string_agg(substring(int8send(coalesce(u.v - lowest.v + 1, 0)) FROM place FOR 1), '' ORDER BY u.i)
          AS bytes
      FROM (SELECT min(w.v) AS v FROM unnest(value) AS w (v)) AS lowest
      CROSS JOIN generate_series(9 - width, 8) AS place
      CROSS JOIN unnest(value) WITH ORDINALITY AS u (v, i)
      GROUP BY place
    ) AS plane
  ),
  ''
);

ALTER TABLE batches ADD COLUMN block bytea;

UPDATE batches AS b
SET block = (
  SELECT
    '\x010f'::bytea || int4send(cardinality(s.occ))
      || string_agg(column_head(c.value, c.width), '' ORDER BY c.place)
      || string_agg(column_planes(c.value, c.width), '' ORDER BY c.place)
  FROM contract_sets AS s
  CROSS JOIN LATERAL (
    VALUES
      (0, b.bid::bigint[], 4),
      (1, b.ask::bigint[], 4),
      (2, b.last::bigint[], 4),
      (3, b.volume::bigint[], 4),
      (4, b.open_interest::bigint[], 4),
      (5, b.implied_vol::bigint[], 4),
      (6, b.delta::bigint[], 4),
      (7, b.gamma::bigint[], 4),
      (8, b.theta::bigint[], 4),
      (9, b.vega::bigint[], 4),
      (10, b.bid_size::bigint[], 4),
      (11, b.ask_size::bigint[], 4),
      (12, b.kind::bigint[], 4),
      (
        13,
        (
          SELECT array_agg(round(m * 10000)::bigint ORDER BY i)
          FROM unnest(b.multiplier) WITH ORDINALITY AS u (m, i)
        ),
        5
      ),
      (14, b.quoted_at, 7)
  ) AS c (place, value, width)
  WHERE s.hash = b.contract_set
  GROUP BY s.occ
);

DROP FUNCTION column_head;
DROP FUNCTION column_planes;
DROP VIEW option_quotes;

ALTER TABLE batches
  ALTER COLUMN block SET NOT NULL,
  DROP COLUMN bid,
  DROP COLUMN ask,
  DROP COLUMN last,
  DROP COLUMN volume,
  DROP COLUMN open_interest,
  DROP COLUMN implied_vol,
  DROP COLUMN delta,
  DROP COLUMN gamma,
  DROP COLUMN theta,
  DROP COLUMN vega,
  DROP COLUMN bid_size,
  DROP COLUMN ask_size,
  DROP COLUMN kind,
  DROP COLUMN multiplier,
  DROP COLUMN quoted_at;

-- One row a contract of each snapshot, in the units of the field. Stored numbers are multiplied and
-- not divided by their scale, which keeps its decimals: 38.8500 and not 38.8500000000000000.
CREATE VIEW option_quotes AS
SELECT
  b.id AS snapshot_id,
  t.symbol AS ticker,
  b.seq,
  b.as_of,
  b.received_at,
  b.late,
  b.agent_id,
  q.contract AS occ,
  left(q.contract, -15) AS root,
  to_date(left(right(q.contract, 15), 6), 'YYMMDD') AS expiry,
  left(right(q.contract, 9), 1) AS "right",
  right(q.contract, 8)::numeric * 0.001 AS strike,
  q.bid::numeric * 0.0001 AS bid,
  q.ask::numeric * 0.0001 AS ask,
  -- A mid is of one snapshot's bid and ask, both above 0.
  CASE
    WHEN q.bid > 0 AND q.ask > 0 THEN (q.bid::numeric + q.ask) * 0.00005
  END AS mid,
  q.last::numeric * 0.0001 AS last,
  q.volume::integer AS volume,
  q.open_interest::integer AS open_interest,
  q.implied_vol::numeric * 0.000001 AS implied_vol,
  q.delta::numeric * 0.000001 AS delta,
  q.gamma::numeric * 0.000001 AS gamma,
  q.theta::numeric * 0.000001 AS theta,
  q.vega::numeric * 0.000001 AS vega,
  q.bid_size::integer AS bid_size,
  q.ask_size::integer AS ask_size,
  (ARRAY['realtime', 'frozen', 'delayed', 'delayed_frozen'])[q.kind] AS market_data_type,
  q.multiplier::double precision / 10000 AS multiplier,
  to_timestamp(q.quoted_at / 1000.0) AS quoted_at
FROM batches AS b
JOIN tickers AS t ON t.id = b.ticker_id
JOIN contract_sets AS s ON s.hash = b.contract_set
CROSS JOIN LATERAL block_quotes(b.block, s.occ) AS q
WHERE b.mode = 'snapshot';
