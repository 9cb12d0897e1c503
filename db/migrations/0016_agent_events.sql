-- What agents told of themselves and when it changed, for people to read: a session that began, and
-- each state that became another. Kept for a week (db/upkeep.ts). Real time.
CREATE TABLE agent_events (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  agent text NOT NULL,
  event text NOT NULL CHECK (event IN ('session', 'state')),
  -- Of the gateway, as the agent sees it.
  state text NOT NULL,
  detail text
);

CREATE INDEX agent_events_at ON agent_events (at);

-- A trigger, so that an event is there with what it tells of, whichever server writes it.
CREATE FUNCTION note_agent_event() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  INSERT INTO agent_events (agent, event, state, detail)
  VALUES (
    new.agent,
    CASE WHEN tg_argv[0] = 'session' THEN 'session' ELSE 'state' END,
    new.state,
    CASE WHEN tg_argv[0] = 'session' THEN new.version ELSE new.status -> 'gateway' ->> 'detail' END
  );
  RETURN NULL;
END;
$$;

CREATE TRIGGER agent_session_began AFTER INSERT ON agent_sessions
FOR EACH ROW EXECUTE FUNCTION note_agent_event('session');

-- A program that comes back in the same run takes up its row with another line.
CREATE TRIGGER agent_session_came_back AFTER UPDATE OF session_id ON agent_sessions
FOR EACH ROW WHEN (old.session_id IS DISTINCT FROM new.session_id)
EXECUTE FUNCTION note_agent_event('session');

CREATE TRIGGER agent_state_changed AFTER UPDATE OF state ON agent_sessions
FOR EACH ROW WHEN (old.state IS DISTINCT FROM new.state)
EXECUTE FUNCTION note_agent_event('state');
