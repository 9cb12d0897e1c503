-- What a key opens (NULL: every ticker), and when it last opened anything. The latter is real time
-- to the nearest minute or so: servers gather it and write it now and then, never on a post.
ALTER TABLE keys
  ADD COLUMN tickers text[] CHECK (cardinality(tickers) > 0),
  ADD COLUMN last_used_at timestamptz;
