-- Blocks of version 3 (db/block.ts, db/plane.ts): as small as PostgreSQL's compression made those of
-- version 1, which took it longer than all else in the insert. So it compresses them no more.

-- Four bytes of a block, from 0 to 2^31 - 1.
CREATE FUNCTION block_integer(block bytea, at integer) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ('x' || encode(substring(block FROM at + 1 FOR 4), 'hex'))::bit(32)::integer;

-- One plane as numbers, in the order of the contracts.
CREATE FUNCTION plane_bytes(block bytea, at integer, contracts integer) RETURNS integer[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
  form integer := get_byte(block, at);
  bytes integer := (contracts * form + 7) / 8;
  body bytea;
  present bytea;
BEGIN
  CASE form
    WHEN 8 THEN
      body := substring(block FROM at + 2 FOR bytes);
      RETURN ARRAY(SELECT get_byte(body, i) FROM generate_series(0, contracts - 1) AS i);
    WHEN 1, 2, 4 THEN
      body := substring(block FROM at + 2 FOR bytes);
      RETURN ARRAY(
        SELECT (get_byte(body, i * form / 8) >> (i * form % 8)) & ((1 << form) - 1)
        FROM generate_series(0, contracts - 1) AS i
      );
    WHEN 16 THEN
      bytes := (contracts + 7) / 8;
      body := substring(block FROM at + 6 FOR bytes);
      present := '\x00'::bytea
        || substring(block FROM at + 6 + bytes FOR block_integer(block, at + 1));
      RETURN ARRAY(
        SELECT get_byte(present, (b.bit * sum(b.bit) OVER (ROWS UNBOUNDED PRECEDING))::integer)
        FROM (
          SELECT get_bit(body, i) AS bit
          FROM generate_series(0, contracts - 1) AS i
        ) AS b
      );
  END CASE;
END
$$;

-- The bytes that a plane takes.
CREATE FUNCTION plane_length(block bytea, at integer, contracts integer) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN 1 + CASE get_byte(block, at)
  WHEN 16 THEN 4 + (contracts + 7) / 8 + block_integer(block, at + 1)
  ELSE (contracts * get_byte(block, at) + 7) / 8
END;

-- One column of a block of version 3, as plain_block_values() gives that of another.
CREATE FUNCTION plane_block_values(block bytea, place integer) RETURNS bigint[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
  n integer := block_integer(block, 2);
  head integer := 6 + 18 * place;
  width integer := get_byte(block, head);
  base bigint;
  step bigint;
  none bigint := get_byte(block, head + 1) - 1;
  at integer;
  highest integer[];
  plane integer[];
  codes bigint[];
BEGIN
  IF width = 255 THEN
    RETURN NULL;
  END IF;
  base := ('x' || encode(substring(block FROM head + 3 FOR 8), 'hex'))::bit(64)::bigint;
  IF width = 0 THEN
    RETURN array_fill(base, ARRAY[n]);
  END IF;
  step := ('x00000000' || encode(substring(block FROM head + 11 FOR 4), 'hex'))::bit(64)::bigint;
  at := block_integer(block, head + 14);
  highest := plane_bytes(block, at, n);
  IF width = 1 THEN
    RETURN ARRAY(SELECT base + step * nullif(byte::bigint, none) FROM unnest(highest) AS byte);
  END IF;
  at := at + plane_length(block, at, n);
  plane := plane_bytes(block, at, n);
  IF width = 2 THEN
    RETURN ARRAY(
      SELECT base + step * nullif(u.above * 256::bigint + u.byte, none)
      FROM unnest(highest, plane) AS u (above, byte)
    );
  END IF;
  codes := ARRAY(
    SELECT u.above * 256::bigint + u.byte FROM unnest(highest, plane) AS u (above, byte)
  );
  FOR lower IN 3..width LOOP
    at := at + plane_length(block, at, n);
    plane := plane_bytes(block, at, n);
    codes := ARRAY(SELECT u.above * 256 + u.byte FROM unnest(codes, plane) AS u (above, byte));
  END LOOP;
  RETURN ARRAY(SELECT base + step * nullif(code, none) FROM unnest(codes) AS code);
END
$$;

CREATE OR REPLACE FUNCTION block_values(block bytea, place integer) RETURNS bigint[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE get_byte(block, 0)
  WHEN 2 THEN packed_block_values(block, place)
  WHEN 3 THEN plane_block_values(block, place)
  ELSE plain_block_values(block, place)
END;

ALTER TABLE batches ALTER COLUMN block SET STORAGE EXTERNAL;

-- Partitions that are there already have a setting of their own.
DO $$
DECLARE
  partition regclass;
BEGIN
  FOR partition IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'batches'::regclass LOOP
    EXECUTE format('ALTER TABLE %s ALTER COLUMN block SET STORAGE EXTERNAL', partition);
  END LOOP;
END
$$;
