-- Older days contract after contract: of the snapshots of a ticker's day that list the same
-- contracts, one row, and their quotes in slabs (db/slab.ts has the layout). A batch keeps its row
-- in `batches`, without its block; one of a day with few snapshots keeps it, packed (db/packed.ts).
--
-- Where the extension TimescaleDB is there, `batches` becomes a hypertable of it; the views that
-- stand on the table are made again below.

-- The days, by which batches and slabs find each other.
CREATE SEQUENCE rewritten_days;

CREATE TABLE slabs (
  day_id bigint NOT NULL,
  -- How many batches the day has.
  snapshots integer NOT NULL,
  -- The slab's first contract, by its place in the contract set from 0, and how many it has.
  first integer NOT NULL,
  contracts integer NOT NULL,
  body bytea NOT NULL,
  PRIMARY KEY (day_id, first)
);

-- Bits do not compress any more.
ALTER TABLE slabs ALTER COLUMN body SET STORAGE EXTERNAL;

DROP VIEW option_quotes;
DROP VIEW option_snapshots;

ALTER TABLE batches
  ALTER COLUMN block DROP NOT NULL,
  ADD COLUMN day_id bigint,
  -- Which of the day's snapshots it is, from 0.
  ADD COLUMN day_place integer,
  ADD COLUMN packed boolean NOT NULL DEFAULT false,
  ADD CHECK ((block IS NULL) = (day_id IS NOT NULL) AND (day_id IS NULL) = (day_place IS NULL));

-- The contracts of rewritten batches, in a tenth of the space (db/set_names.ts); occ is NULL then.
ALTER TABLE contract_sets
  ALTER COLUMN occ DROP NOT NULL,
  ADD COLUMN strikes text,
  ADD CHECK ((occ IS NULL) = (strikes IS NOT NULL));

CREATE FUNCTION set_occ(occ text[], strikes text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
  WHEN strikes IS NULL THEN occ
  ELSE (
    SELECT array_agg(named.prefix || lpad(named.strike::text, 8, '0') ORDER BY named.list, named.place)
    FROM (
      SELECT
        list.place AS list,
        step.place,
        split_part(list.text, ' ', 1) AS prefix,
        sum(step.text::integer) OVER (PARTITION BY list.place ORDER BY step.place) AS strike
      FROM string_to_table(strikes, ',') WITH ORDINALITY AS list (text, place)
      CROSS JOIN LATERAL unnest((string_to_array(list.text, ' '))[2:]) WITH ORDINALITY AS step (text, place)
    ) AS named
  )
END;

CREATE FUNCTION bits_number(bits varbit, at integer, width integer) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
  WHEN width = 0 THEN 0
  ELSE (substring(bits FROM at + 1 FOR width)::bit(64) >> (64 - width))::bigint
END;

ALTER FUNCTION block_values(bytea, integer) RENAME TO plain_block_values;

-- One column of a packed block, as plain_block_values() gives that of another.
CREATE FUNCTION packed_block_values(block bytea, place integer) RETURNS bigint[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
  contracts integer := ('x' || encode(substring(block FROM 3 FOR 4), 'hex'))::bit(32)::integer;
  begins integer := ('x' || encode(substring(block FROM 7 + 4 * place FOR 4), 'hex'))::bit(32)::integer;
  ends integer;
  bits varbit;
  at integer := 2;
  width integer;
  least_width integer;
  width_bits integer;
  number bigint;
  base bigint;
  step bigint;
  some_none boolean;
  mask varbit;
  way integer;
  rank integer := 0;
  n bigint := 0;
  before bigint := 0;
  last bigint := 0;
  result bigint[] := '{}';
BEGIN
  IF begins = 0 THEN
    RETURN NULL;
  END IF;
  SELECT min(e.at)
  INTO ends
  FROM generate_series(place + 1, 14) AS later
  CROSS JOIN LATERAL (
    SELECT ('x' || encode(substring(block FROM 7 + 4 * later FOR 4), 'hex'))::bit(32)::integer AS at
  ) AS e
  WHERE e.at > 0;
  ends := coalesce(ends, octet_length(block));
  bits := ('x' || encode(substring(block FROM begins + 1 FOR ends - begins), 'hex'))::varbit;
  some_none := get_bit(bits, 0) = 1;
  width := bits_number(bits, at, 6);
  number := bits_number(bits, at + 6, width);
  base := (number >> 1) # -(number & 1);
  at := at + 6 + width;
  width := bits_number(bits, at, 6);
  -- A step is never below 0.
  step := bits_number(bits, at + 6, width) >> 1;
  at := at + 6 + width;
  IF some_none THEN
    mask := '';
    FOR i IN 0..(contracts - 1) / 8 LOOP
      IF get_bit(bits, at) = 1 THEN
        mask := mask || B'11111111';
      ELSE
        width := least(8, contracts - 8 * i);
        mask := mask || substring(bits FROM at + 2 FOR width);
        at := at + width;
      END IF;
      at := at + 1;
    END LOOP;
  END IF;
  IF step > 0 THEN
    way := bits_number(bits, at, 2);
    least_width := bits_number(bits, at + 2, 6);
    width_bits := bits_number(bits, at + 8, 3);
    at := at + 11;
  END IF;
  FOR i IN 0..contracts - 1 LOOP
    IF some_none AND get_bit(mask, i) = 0 THEN
      result[i + 1] := NULL;
      CONTINUE;
    END IF;
    IF step > 0 THEN
      IF rank % 5 = 0 THEN
        width := least_width + bits_number(bits, at, width_bits);
        at := at + width_bits;
      END IF;
      rank := rank + 1;
      number := bits_number(bits, at, width);
      at := at + width;
      n := CASE way
        WHEN 0 THEN number
        WHEN 1 THEN last + ((number >> 1) # -(number & 1))
        ELSE 2 * last - before + ((number >> 1) # -(number & 1))
      END;
      before := last;
      last := n;
    END IF;
    result[i + 1] := base + step * n;
  END LOOP;
  IF get_bit(bits, 1) = 1 THEN
    RETURN ARRAY(
      SELECT u.above + coalesce(u.v, 0)
      FROM unnest(result, packed_block_values(block, place - 1)) AS u (above, v)
    );
  END IF;
  RETURN result;
END
$$;

CREATE FUNCTION block_values(block bytea, place integer) RETURNS bigint[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE
  WHEN get_byte(block, 0) = 2 THEN packed_block_values(block, place)
  ELSE plain_block_values(block, place)
END;

-- What is needed of a slab to read one contract, by its place in the slab from 0: the steps of the
-- columns and the contract's record. substring() fetches only that part of the slab.
CREATE FUNCTION slab_record(body bytea, contracts integer, contract integer) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
  places bytea := substring(body FROM 62 + 3 * contract FOR 6);
  begins integer := get_byte(places, 0) * 65536 + get_byte(places, 1) * 256 + get_byte(places, 2);
  ends integer;
BEGIN
  IF contract + 1 < contracts THEN
    ends := get_byte(places, 3) * 65536 + get_byte(places, 4) * 256 + get_byte(places, 5);
  ELSE
    ends := octet_length(body);
  END IF;
  RETURN substring(body FROM 1 FOR 61) || substring(body FROM begins + 1 FOR ends - begins);
END
$$;

-- One contract at one snapshot, by its place from 0, of a slab_record(): the 15 columns of a block,
-- in whole numbers of their scale, NULL for none.
CREATE FUNCTION slab_quote(record bytea, snapshots integer, snapshot integer) RETURNS bigint[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
  bits varbit := ('x' || encode(substring(record FROM 62), 'hex'))::varbit;
  kinds bigint := bits_number(bits, 0, 45);
  kind integer;
  way integer;
  at integer := 45;
  number bigint;
  base bigint;
  width integer;
  step_width integer;
  least_step bigint;
  mask varbit;
  -- Which of the values it is, from 0, and how many there are.
  place integer;
  count integer;
  code bigint;
  run integer;
  result bigint[] := array_fill(NULL::bigint, ARRAY[15]);
BEGIN
  IF get_byte(record, 0) <> 2 THEN
    RAISE 'a slab of version % cannot be read by this database', get_byte(record, 0);
  END IF;
  FOR c IN 0..14 LOOP
    kind := (kinds >> (42 - 3 * c)) & 7;
    CONTINUE WHEN kind = 0;
    way := kind & 3;
    width := bits_number(bits, at, 6);
    number := bits_number(bits, at + 6, width);
    base := (number >> 1) # -(number & 1);
    at := at + 6 + width;
    IF way > 1 THEN
      width := bits_number(bits, at, 6);
      at := at + 6;
    END IF;
    IF way = 3 THEN
      step_width := bits_number(bits, at, 6);
      run := bits_number(bits, at + 6, 6);
      number := bits_number(bits, at + 12, run);
      least_step := (number >> 1) # -(number & 1);
      at := at + 12 + run;
    END IF;
    place := snapshot;
    count := snapshots;
    IF kind > 4 THEN
      mask := substring(bits FROM at + 1 FOR snapshots);
      at := at + snapshots;
      count := bit_count(mask);
      place := CASE WHEN get_bit(mask, snapshot) = 1 THEN bit_count(substring(mask FROM 1 FOR snapshot)) END;
    END IF;
    IF place IS NOT NULL THEN
      code := 0;
      IF way = 2 THEN
        code := bits_number(bits, at + place * width, width);
      ELSIF way = 3 THEN
        run := at + place / 8 * (width + 7 * step_width);
        code := bits_number(bits, run, width) + place % 8 * least_step;
        IF step_width > 0 THEN
          FOR i IN 0..place % 8 - 1 LOOP
            code := code + bits_number(bits, run + width + i * step_width, step_width);
          END LOOP;
        END IF;
      END IF;
      result[c + 1] := base + code
        * ('x00000000' || encode(substring(record FROM 2 + 4 * c FOR 4), 'hex'))::bit(64)::bigint;
    END IF;
    IF way = 2 THEN
      at := at + count * width;
    ELSIF way = 3 THEN
      at := at + (count + 7) / 8 * (width - step_width) + count * step_width;
    END IF;
  END LOOP;
  RETURN result;
END
$$;

DO $$
BEGIN
  -- To make it on a server that has not loaded it ends the connection. What is loaded can be told
  -- from its settings; the list of libraries is not everybody's to read.
  IF NOT EXISTS (SELECT FROM pg_settings WHERE name LIKE 'timescaledb.%')
    OR NOT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb') THEN
    RETURN;
  END IF;
  BEGIN
    CREATE EXTENSION IF NOT EXISTS timescaledb;
  EXCEPTION WHEN OTHERS THEN
    -- Without the right to make it, native partitions do as well.
    RAISE NOTICE 'TimescaleDB is there and is not used: %', sqlerrm;
    RETURN;
  END;
  -- A partitioned table cannot become a hypertable: its rows move to one that can. Indexes and
  -- checks come along, foreign keys do not.
  ALTER TABLE batches RENAME TO batches_native;
  CREATE TABLE batches (LIKE batches_native INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE);
  PERFORM create_hypertable(
    'batches', by_range('received_at', interval '7 days'), create_default_indexes => false
  );
  INSERT INTO batches SELECT * FROM batches_native;
  DROP TABLE batches_native;
  ALTER TABLE batches
    ADD PRIMARY KEY (ticker_id, seq, received_at),
    ADD FOREIGN KEY (ticker_id) REFERENCES tickers (id),
    ADD FOREIGN KEY (contract_set) REFERENCES contract_sets (hash);
  CREATE INDEX batches_as_of ON batches (ticker_id, as_of, seq);
  CREATE INDEX batches_late ON batches (ticker_id, seq) WHERE late;
END
$$;

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
CROSS JOIN LATERAL (
  SELECT * FROM block_quotes(b.block, set_occ(s.occ, s.strikes))
  UNION ALL
  -- A contract that is not asked for is left out before its values are read.
  SELECT
    c.contract,
    v.v[1], v.v[2], v.v[3], v.v[4], v.v[5], v.v[6], v.v[7], v.v[8], v.v[9], v.v[10],
    v.v[11], v.v[12], v.v[13], v.v[14], v.v[15]
  FROM unnest(set_occ(s.occ, s.strikes)) WITH ORDINALITY AS c (contract, place)
  JOIN slabs AS p
    ON p.day_id = b.day_id AND c.place > p.first AND c.place <= p.first + p.contracts
  CROSS JOIN LATERAL (
    SELECT
      slab_quote(
        slab_record(p.body, p.contracts, (c.place - 1 - p.first)::integer), p.snapshots, b.day_place
      ) AS v
    OFFSET 0
  ) AS v
) AS q
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
  CROSS JOIN LATERAL unnest(set_occ(s.occ, s.strikes)) AS o (name)
  WHERE s.hash = b.contract_set
) AS c
WHERE b.mode = 'snapshot';

-- One row a contract that says something else in a snapshot than in the ticker's snapshot before it
-- (by as_of and seq), or is in one of the two only: `before_…` and what it is now.
CREATE VIEW option_changes AS
SELECT
  n.snapshot_id,
  n.ticker,
  n.seq,
  n.as_of,
  n.before_seq,
  n.before_as_of,
  q.occ,
  q.change,
  q.before_bid,
  q.bid,
  q.before_ask,
  q.ask,
  q.before_last,
  q.last,
  q.before_volume,
  q.volume,
  q.before_open_interest,
  q.open_interest,
  q.before_implied_vol,
  q.implied_vol
FROM (
  SELECT
    b.id AS snapshot_id, t.symbol AS ticker, b.seq, b.as_of, b.received_at,
    p.seq AS before_seq, p.as_of AS before_as_of
  FROM tickers AS t
  JOIN batches AS b ON b.ticker_id = t.id AND b.mode = 'snapshot'
  CROSS JOIN LATERAL (
    SELECT e.seq, e.as_of
    FROM batches AS e
    WHERE e.ticker_id = b.ticker_id
      AND e.mode = 'snapshot'
      AND (e.as_of, e.seq) < (b.as_of, b.seq)
    ORDER BY e.as_of DESC, e.seq DESC
    LIMIT 1
  ) AS p
) AS n
CROSS JOIN LATERAL (
  SELECT
    coalesce(now.occ, before.occ) AS occ,
    CASE WHEN before.occ IS NULL THEN 'new' WHEN now.occ IS NULL THEN 'gone' ELSE 'changed' END
      AS change,
    before.bid AS before_bid,
    now.bid,
    before.ask AS before_ask,
    now.ask,
    before.last AS before_last,
    now.last,
    before.volume AS before_volume,
    now.volume,
    before.open_interest AS before_open_interest,
    now.open_interest,
    before.implied_vol AS before_implied_vol,
    now.implied_vol
  FROM (
    SELECT * FROM option_quotes AS o WHERE o.ticker = n.ticker AND o.seq = n.seq
  ) AS now
  FULL JOIN (
    SELECT * FROM option_quotes AS o WHERE o.ticker = n.ticker AND o.seq = n.before_seq
  ) AS before ON before.occ = now.occ
  WHERE (before.occ, before.bid, before.ask, before.last, before.volume, before.open_interest,
    before.implied_vol) IS DISTINCT FROM
    (now.occ, now.bid, now.ask, now.last, now.volume, now.open_interest, now.implied_vol)
) AS q;
