-- Applications can register themselves where a site allows it: with a token that an operator
-- has given out, so many times until then.
CREATE TABLE registration_tokens (
  site_id    TEXT NOT NULL,
  hash       TEXT NOT NULL,
  uses_left  INTEGER NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (site_id, hash)
);
CREATE INDEX registration_tokens_expiry ON registration_tokens (expires_at);

-- An application that has registered itself, and the token that it changes itself with.
CREATE TABLE registrations (
  site_id        TEXT NOT NULL,
  application_id TEXT NOT NULL,
  hash           TEXT NOT NULL,
  PRIMARY KEY (site_id, application_id),
  FOREIGN KEY (site_id, application_id) REFERENCES applications (site_id, id) ON DELETE CASCADE
);
