-- People who sign in. Times are real time; of every secret only the SHA-256 is kept, of passwords
-- an Argon2id hash.
ALTER TABLE users
  ADD COLUMN password_hash text,
  ADD COLUMN disabled_at timestamptz,
  -- Who the user is at the OpenID provider: its issuer and subject.
  ADD COLUMN oidc_subject text UNIQUE;

-- What access tokens are signed with; of this installation alone.
ALTER TABLE installation
  ADD COLUMN token_key bytea NOT NULL
    DEFAULT uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid());

CREATE TABLE user_sessions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
  browser text,
  created_at timestamptz NOT NULL DEFAULT now(),
  seen_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz
);

CREATE INDEX user_sessions_user ON user_sessions (user_id);

-- Links that sign in once.
CREATE TABLE sign_in_links (
  hash bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
  user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  expires_at timestamptz NOT NULL,
  used_at timestamptz
);

-- One row a refresh token; each is good once and makes the next of its family. One that comes twice
-- was stolen, and ends the family (RFC 9700, section 4.14.2).
CREATE TABLE refresh_tokens (
  hash bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
  user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  family uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  used_at timestamptz,
  revoked_at timestamptz
);

CREATE INDEX refresh_tokens_family ON refresh_tokens (family);
