-- Applications that a site's users reach with their one set of credentials (OpenID Connect).
-- settings is JSON: what an operator says about one is read as a whole, and looked up by
-- nothing but the ID.
CREATE TABLE applications (
  site_id    TEXT NOT NULL,
  id         TEXT NOT NULL,
  name       TEXT NOT NULL,
  state      TEXT NOT NULL,
  settings   TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (site_id, id)
);

-- Random secrets of applications, as SHA-256; two at a time.
CREATE TABLE application_secrets (
  site_id        TEXT NOT NULL,
  application_id TEXT NOT NULL,
  hash           TEXT NOT NULL,
  created_at     BIGINT NOT NULL,
  PRIMARY KEY (site_id, application_id, hash),
  FOREIGN KEY (site_id, application_id) REFERENCES applications (site_id, id) ON DELETE CASCADE
);

-- The keys that tokens are signed with, the private half sealed with the key file. The
-- number says which is the next one of its algorithm: two processes cannot make the same.
CREATE TABLE signing_keys (
  site_id    TEXT NOT NULL,
  id         TEXT NOT NULL,
  alg        TEXT NOT NULL,
  number     INTEGER NOT NULL,
  public     TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  sign_from  BIGINT NOT NULL,
  retire_at  BIGINT NOT NULL DEFAULT 0,
  sealed     BYTES,
  PRIMARY KEY (site_id, id),
  UNIQUE (site_id, alg, number)
);
CREATE INDEX signing_keys_retired ON signing_keys (retire_at) WHERE retire_at <> 0;

-- Authorizations that wait for their user to sign in, each bound to its browser.
CREATE TABLE authorizations (
  site_id        TEXT NOT NULL,
  token_hash     TEXT NOT NULL,
  application_id TEXT NOT NULL,
  browser_hash   TEXT NOT NULL,
  request        TEXT NOT NULL,
  expires_at     BIGINT NOT NULL,
  PRIMARY KEY (site_id, token_hash),
  FOREIGN KEY (site_id, application_id) REFERENCES applications (site_id, id) ON DELETE CASCADE
);
CREATE INDEX authorizations_application ON authorizations (site_id, application_id);
CREATE INDEX authorizations_expiry ON authorizations (expires_at);

-- A code and everything that comes of it. It stays for a while after it has ended, so that
-- a code that comes a second time is known. It is good for as long as its session is there.
CREATE TABLE token_families (
  site_id        TEXT NOT NULL,
  id             TEXT NOT NULL,
  code_hash      TEXT NOT NULL,
  application_id TEXT NOT NULL,
  user_id        TEXT NOT NULL,
  session_id     TEXT NOT NULL,
  subject        TEXT NOT NULL,
  terms          TEXT NOT NULL,
  created_at     BIGINT NOT NULL,
  used_at        BIGINT NOT NULL DEFAULT 0,
  ends_at        BIGINT NOT NULL,
  ended_at       BIGINT NOT NULL DEFAULT 0,
  ended          TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (site_id, id),
  UNIQUE (site_id, code_hash),
  FOREIGN KEY (site_id, application_id) REFERENCES applications (site_id, id) ON DELETE CASCADE,
  FOREIGN KEY (site_id, user_id) REFERENCES users (site_id, id) ON DELETE CASCADE
);
CREATE INDEX token_families_application ON token_families (site_id, application_id);
CREATE INDEX token_families_user ON token_families (site_id, user_id);
CREATE INDEX token_families_end ON token_families (ends_at);

CREATE TABLE refresh_tokens (
  site_id    TEXT NOT NULL,
  hash       TEXT NOT NULL,
  family_id  TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at    BIGINT NOT NULL DEFAULT 0,
  successor  BYTES,
  PRIMARY KEY (site_id, hash),
  FOREIGN KEY (site_id, family_id) REFERENCES token_families (site_id, id) ON DELETE CASCADE
);
CREATE INDEX refresh_tokens_family ON refresh_tokens (site_id, family_id);

-- family_id is empty where an application got the token for itself.
CREATE TABLE access_tokens (
  site_id        TEXT NOT NULL,
  hash           TEXT NOT NULL,
  application_id TEXT NOT NULL,
  family_id      TEXT NOT NULL DEFAULT '',
  scopes         TEXT NOT NULL,
  created_at     BIGINT NOT NULL,
  expires_at     BIGINT NOT NULL,
  PRIMARY KEY (site_id, hash)
);
CREATE INDEX access_tokens_expiry ON access_tokens (expires_at);

-- Client assertions that have been used: each opens one request (RFC 7523 3).
CREATE TABLE used_assertions (
  site_id        TEXT NOT NULL,
  application_id TEXT NOT NULL,
  hash           TEXT NOT NULL,
  expires_at     BIGINT NOT NULL,
  PRIMARY KEY (site_id, application_id, hash)
);
CREATE INDEX used_assertions_expiry ON used_assertions (expires_at);
