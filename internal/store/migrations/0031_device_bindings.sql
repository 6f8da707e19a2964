-- Sessions that are tied to a key of their device (Device Bound Session Credentials). The row is of
-- its own, because a browser binds its session while the first pages after the sign-in load. Cookies
-- and challenges are numbers here: what browsers get is derived from them with the key file.
CREATE TABLE device_bindings (
  site_id      TEXT NOT NULL,
  id           TEXT NOT NULL,
  session_id   TEXT NOT NULL,
  user_id      TEXT NOT NULL,
  public_key   BYTES NOT NULL,
  algorithm    TEXT NOT NULL,
  thumbprint   TEXT NOT NULL,
  user_agent   TEXT NOT NULL,
  created_at   BIGINT NOT NULL,
  refreshed_at BIGINT NOT NULL,
  ends_at      BIGINT NOT NULL,
  cookie       INTEGER NOT NULL,
  cookie_at    BIGINT NOT NULL,
  challenge    INTEGER NOT NULL,
  challenge_at BIGINT NOT NULL,
  older_at     BIGINT NOT NULL,
  wrong_proofs INTEGER NOT NULL,
  PRIMARY KEY (site_id, id),
  FOREIGN KEY (site_id, user_id) REFERENCES users (site_id, id) ON DELETE CASCADE
);
CREATE INDEX device_bindings_user ON device_bindings (site_id, user_id);
CREATE INDEX device_bindings_end ON device_bindings (ends_at);
-- The binding of a session; empty: it is not bound.
ALTER TABLE sessions ADD COLUMN binding_id TEXT NOT NULL DEFAULT '';
