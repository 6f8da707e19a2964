-- When a user was last asked to set up a second factor, and by whom. 0 in told_at: the mail is not
-- written yet.
CREATE TABLE factor_asks (
  site_id  TEXT NOT NULL,
  user_id  TEXT NOT NULL,
  asked_at BIGINT NOT NULL,
  by_id    TEXT NOT NULL,
  by_name  TEXT NOT NULL,
  told_at  BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (site_id, user_id),
  FOREIGN KEY (site_id, user_id) REFERENCES users (site_id, id) ON DELETE CASCADE
);
CREATE INDEX factor_asks_waiting ON factor_asks (asked_at) WHERE told_at = 0;
