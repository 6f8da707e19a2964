-- A reset of a user's lost factors, asked for by an administrator or support: it waits, and the
-- owner may stop it with the link whose token has this hash. One of a user waits at a time.
CREATE TABLE factor_resets (
  site_id   TEXT NOT NULL,
  id        TEXT NOT NULL,
  user_id   TEXT NOT NULL,
  state     TEXT NOT NULL,
  asked_at  BIGINT NOT NULL,
  due_at    BIGINT NOT NULL,
  by_kind   TEXT NOT NULL,
  by_id     TEXT NOT NULL,
  by_name   TEXT NOT NULL,
  stop_hash TEXT NOT NULL,
  PRIMARY KEY (site_id, id),
  FOREIGN KEY (site_id, user_id) REFERENCES users (site_id, id) ON DELETE CASCADE
);
CREATE INDEX factor_resets_user ON factor_resets (site_id, user_id, state);
CREATE INDEX factor_resets_due ON factor_resets (state, due_at);
CREATE UNIQUE INDEX factor_resets_stop ON factor_resets (site_id, stop_hash);
