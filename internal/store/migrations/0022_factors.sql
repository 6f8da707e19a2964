-- Second factors that are not the mailbox. One that has not been confirmed counts for nothing;
-- what it is proved with is sealed with the key file. last_step is the last code of an app that
-- was taken: each is good once.
CREATE TABLE factors (
  site_id      TEXT NOT NULL,
  user_id      TEXT NOT NULL,
  id           TEXT NOT NULL,
  kind         TEXT NOT NULL,
  name         TEXT NOT NULL,
  sealed       BYTES NOT NULL,
  created_at   BIGINT NOT NULL,
  confirmed_at BIGINT NOT NULL DEFAULT 0,
  used_at      BIGINT NOT NULL DEFAULT 0,
  drift        BIGINT NOT NULL DEFAULT 0,
  last_step    BIGINT NOT NULL DEFAULT 0,
  missed_step  BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (site_id, user_id, id),
  FOREIGN KEY (site_id, user_id) REFERENCES users (site_id, id) ON DELETE CASCADE
);
CREATE INDEX factors_waiting ON factors (created_at) WHERE confirmed_at = 0;

-- Codes that stand in for a lost factor, as keyed hashes.
CREATE TABLE recovery_codes (
  site_id    TEXT NOT NULL,
  user_id    TEXT NOT NULL,
  number     INTEGER NOT NULL,
  mac        TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  used_at    BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (site_id, user_id, number),
  FOREIGN KEY (site_id, user_id) REFERENCES users (site_id, id) ON DELETE CASCADE
);

-- How many confirmed factors a user has: a sign-in asks for nothing else.
ALTER TABLE users ADD COLUMN factors INTEGER NOT NULL DEFAULT 0;
