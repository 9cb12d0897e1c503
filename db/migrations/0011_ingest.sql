-- The ingest call's decision and its writes, as one statement of the caller's. Each statement in
-- here sees what was committed before it began (READ COMMITTED), so what is looked at after the
-- ticker's row was locked is as the writer before left it.
--
-- A change of the parameters is a function of another name: servers of two versions run side by
-- side during a roll-out.
CREATE FUNCTION ingest_batch(
  -- Who sends, and with which key.
  p_ticker text,
  p_agent text,
  p_key_owners text[],
  p_key_hash bytea,
  -- Both NULL without an idempotency key.
  p_idempotency_key text,
  p_body_hash bytea,
  p_backfill boolean,
  p_window interval,
  -- The batch. The block is NULL where it has no contract: that counts as activity only. p_occ, the
  -- contracts with commas between, may be NULL where the caller takes the set for stored; where it
  -- is not, the foreign key of batches says so.
  p_agent_time timestamptz,
  p_sent_at timestamptz,
  p_mode text,
  p_read_id text,
  p_trace_id text,
  p_spot numeric,
  p_missing jsonb,
  p_set_hash bytea,
  p_occ text,
  p_block bytea,
  -- The market's conditions at a snapshot.
  p_atm_iv integer,
  p_skew integer,
  p_put_volume bigint,
  p_call_volume bigint,
  p_put_open_interest bigint,
  p_call_open_interest bigint,
  p_expiries date[],
  p_expiry_atm_iv integer[],
  p_expiry_skew integer[],
  OUT outcome text,
  OUT batch_id bigint,
  OUT seq bigint,
  OUT deal_id bigint,
  OUT received_at timestamptz,
  OUT as_of timestamptz,
  OUT owner_agent text,
  OUT last_write_at timestamptz,
  OUT free_at timestamptz
)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
  caller record;
  t record;
BEGIN
  SELECT
    k.id AS key_id,
    i.body_hash,
    i.batch_id,
    i.seq,
    i.deal_id,
    i.received_at,
    i.as_of,
    a.name AS agent,
    a.last_seen_at
  INTO caller
  FROM (SELECT) AS one
  LEFT JOIN keys AS k
    ON k.hash = p_key_hash
    AND k.agent = ANY (p_key_owners)
    AND (k.tickers IS NULL OR p_ticker = ANY (k.tickers))
    AND k.revoked_at IS NULL
    AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())
  LEFT JOIN idempotency AS i ON i.agent_id = p_agent AND i.key = p_idempotency_key
  LEFT JOIN agents AS a ON a.name = p_agent;

  IF caller.key_id IS NULL THEN
    outcome := 'key_refused';
    RETURN;
  END IF;

  -- Not on each post, and never waiting: posts of one agent must not queue on its row.
  IF caller.agent IS NULL THEN
    INSERT INTO agents (name, last_seen_at) VALUES (p_agent, domain_now()) ON CONFLICT DO NOTHING;
  ELSIF caller.last_seen_at IS NULL OR caller.last_seen_at < domain_now() - interval '5 seconds' THEN
    UPDATE agents
    SET last_seen_at = domain_now()
    WHERE name IN (SELECT name FROM agents WHERE name = p_agent FOR NO KEY UPDATE SKIP LOCKED);
  END IF;

  IF caller.body_hash IS NOT NULL THEN
    IF caller.body_hash <> p_body_hash THEN
      outcome := 'key_reused';
      RETURN;
    END IF;
    outcome := 'repeated';
    batch_id := caller.batch_id;
    seq := caller.seq;
    deal_id := caller.deal_id;
    received_at := caller.received_at;
    as_of := caller.as_of;
    RETURN;
  END IF;

  -- Writers of a ticker queue here.
  SELECT tickers.id, tickers.seq, tickers.owner_agent, tickers.owned_at, tickers.last_write_at
  INTO t
  FROM tickers
  WHERE tickers.symbol = p_ticker
  FOR NO KEY UPDATE;
  SELECT deals.id
  INTO deal_id
  FROM deals
  WHERE deals.ticker_id = t.id AND deals.removed_at IS NULL;
  IF deal_id IS NULL AND NOT EXISTS (SELECT FROM watches WHERE watches.ticker_id = t.id) THEN
    outcome := 'unknown_ticker';
    RETURN;
  END IF;

  -- Read only now, so that seq and the time of receipt rise together.
  received_at := greatest(domain_now(), t.last_write_at);
  owner_agent := t.owner_agent;
  last_write_at := t.last_write_at;
  free_at := t.owned_at + p_window;
  as_of := received_at;
  IF p_backfill THEN
    as_of := least(received_at, p_agent_time + coalesce(received_at - p_sent_at, '0'));
  ELSIF p_block IS NOT NULL AND owner_agent <> p_agent AND free_at > received_at THEN
    outcome := 'conflict';
    RETURN;
  END IF;

  IF p_block IS NOT NULL THEN
    IF p_occ IS NOT NULL THEN
      INSERT INTO contract_sets (hash, occ)
      VALUES (p_set_hash, string_to_array(p_occ, ','))
      ON CONFLICT DO NOTHING;
    END IF;
    seq := t.seq + 1;
    batch_id := nextval('batch_ids');
  END IF;

  IF p_idempotency_key IS NOT NULL THEN
    -- Waits for another writer of the same key; the caller asks again what became of that.
    INSERT INTO idempotency (agent_id, key, body_hash, batch_id, seq, deal_id, received_at, as_of)
    VALUES (p_agent, p_idempotency_key, p_body_hash, batch_id, seq, deal_id, received_at, as_of)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
      outcome := 'raced';
      RETURN;
    END IF;
  END IF;

  outcome := 'stored';
  IF p_block IS NULL THEN
    RETURN;
  END IF;
  UPDATE tickers
  SET
    seq = t.seq + 1,
    last_write_at = ingest_batch.received_at,
    owner_agent = CASE WHEN p_backfill THEN t.owner_agent ELSE p_agent END,
    owned_at = CASE WHEN p_backfill THEN t.owned_at ELSE ingest_batch.received_at END
  WHERE tickers.id = t.id;
  INSERT INTO batches (
    id, ticker_id, seq, as_of, received_at, agent_time, late, mode, read_id, agent_id, trace_id,
    spot, contract_set, block, missing, atm_iv, skew, put_volume, call_volume, put_open_interest,
    call_open_interest, expiries, expiry_atm_iv, expiry_skew
  )
  VALUES (
    batch_id, t.id, seq, as_of, received_at, p_agent_time, p_backfill, p_mode, p_read_id, p_agent,
    p_trace_id, p_spot, p_set_hash, p_block, p_missing, p_atm_iv, p_skew, p_put_volume,
    p_call_volume, p_put_open_interest, p_call_open_interest, p_expiries, p_expiry_atm_iv,
    p_expiry_skew
  );
END
$$;
