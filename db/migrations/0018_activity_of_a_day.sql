-- agent_activity looked at the whole history once for each agent, and at the clock once for each row:
-- half a second at 200,000 batches. It is the last day that counts, looked at once for all agents;
-- `received_at`, which is never before `as_of`, leaves older partitions out.
CREATE OR REPLACE VIEW agent_activity AS
WITH
since AS MATERIALIZED (SELECT domain_now() - interval '1 day' AS at),
of_sets AS (
  SELECT b.agent_id, b.mode, b.contract_set, count(*) AS batches
  FROM batches AS b
  WHERE b.as_of > (SELECT at FROM since) AND b.received_at > (SELECT at FROM since)
  GROUP BY b.agent_id, b.mode, b.contract_set
),
-- Sets are large and few: each is opened once.
sizes AS MATERIALIZED (
  SELECT c.hash, cardinality(set_occ(c.occ, c.strikes)) AS contracts
  FROM contract_sets AS c
  WHERE c.hash IN (SELECT contract_set FROM of_sets)
),
of_day AS (
  SELECT
    o.agent_id,
    sum(o.batches) FILTER (WHERE o.mode = 'snapshot') AS snapshots,
    sum(o.batches) FILTER (WHERE o.mode = 'update') AS updates,
    round(
      sum(o.batches * z.contracts) FILTER (WHERE o.mode = 'snapshot')
        / sum(o.batches) FILTER (WHERE o.mode = 'snapshot'),
      1
    ) AS average_contracts,
    round(sum(o.batches * z.contracts) / 24.0, 1) AS contracts_per_hour
  FROM of_sets AS o
  LEFT JOIN sizes AS z ON z.hash = o.contract_set
  GROUP BY o.agent_id
),
of_week AS (
  SELECT
    u.agent,
    count(*) AS starts,
    sum(u.conflicts) AS conflicts,
    round(sum(u.reads_failed) / nullif(sum(u.reads_started), 0), 4) AS failure_ratio
  FROM agent_runs AS u
  WHERE u.started_at > now() - interval '7 days'
  GROUP BY u.agent
)
SELECT
  a.name AS agent,
  a.last_seen_at,
  coalesce(d.snapshots, 0) AS snapshots,
  coalesce(d.updates, 0) AS updates,
  d.average_contracts,
  coalesce(d.contracts_per_hour, 0) AS contracts_per_hour,
  coalesce(w.starts, 0) AS starts,
  coalesce(w.conflicts, 0) AS conflicts,
  w.failure_ratio
FROM agents AS a
LEFT JOIN of_day AS d ON d.agent_id = a.name
LEFT JOIN of_week AS w ON w.agent = a.name;
