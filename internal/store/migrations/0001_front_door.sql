-- One text for both databases. Times are UTC microseconds; identifiers are text
-- (prefix and UUIDv7); every key begins with the site, so that an engine that
-- spreads tables over machines keeps a site's rows together.

CREATE TABLE companies (
  site_id        TEXT NOT NULL,
  id             TEXT NOT NULL,
  name           TEXT NOT NULL,
  account_number TEXT NOT NULL,
  two_factor     BOOLEAN NOT NULL DEFAULT FALSE,
  created_at     BIGINT NOT NULL,
  PRIMARY KEY (site_id, id),
  UNIQUE (site_id, account_number)
);

CREATE TABLE users (
  site_id             TEXT NOT NULL,
  id                  TEXT NOT NULL,
  company_id          TEXT NOT NULL,
  username            TEXT NOT NULL,
  username_key        TEXT NOT NULL,
  first_name          TEXT NOT NULL DEFAULT '',
  last_name           TEXT NOT NULL DEFAULT '',
  email               TEXT NOT NULL DEFAULT '',
  email_key           TEXT NOT NULL DEFAULT '',
  email_confirmed     BOOLEAN NOT NULL DEFAULT FALSE,
  role                TEXT NOT NULL,
  state               TEXT NOT NULL,
  locale              TEXT NOT NULL DEFAULT '',
  locked_at           BIGINT NOT NULL DEFAULT 0,
  lock_reason         TEXT NOT NULL DEFAULT '',
  password_hash       TEXT NOT NULL DEFAULT '',
  password_origin     TEXT NOT NULL DEFAULT '',
  password_set_at     BIGINT NOT NULL DEFAULT 0,
  password_expires_at BIGINT NOT NULL DEFAULT 0,
  first_sign_in_at    BIGINT NOT NULL DEFAULT 0,
  last_sign_in_at     BIGINT NOT NULL DEFAULT 0,
  challenge_set       BOOLEAN NOT NULL DEFAULT FALSE,
  terms_accepted      TEXT NOT NULL DEFAULT '',
  sole_user_for       TEXT NOT NULL DEFAULT '',
  sole_user           BOOLEAN NOT NULL DEFAULT FALSE,
  created_at          BIGINT NOT NULL,
  PRIMARY KEY (site_id, id),
  UNIQUE (site_id, username_key),
  FOREIGN KEY (site_id, company_id) REFERENCES companies (site_id, id)
);
-- One address may belong to several accounts of a site that signs in by username;
-- a site that signs in by address refuses the second one when it is made.
CREATE INDEX users_email ON users (site_id, email_key) WHERE email_key <> '';
CREATE INDEX users_company ON users (site_id, company_id, username_key);

-- Attempts are counted for accounts and, so that nobody can tell the difference,
-- for names that are none. browser is empty for strangers.
CREATE TABLE attempts (
  site_id    TEXT NOT NULL,
  subject    TEXT NOT NULL,
  browser    TEXT NOT NULL,
  wrong_row  INTEGER NOT NULL DEFAULT 0,
  wrong_all  INTEGER NOT NULL DEFAULT 0,
  open       INTEGER NOT NULL DEFAULT 0,
  opened_at  BIGINT NOT NULL DEFAULT 0,
  locked_at  BIGINT NOT NULL DEFAULT 0,
  touched_at BIGINT NOT NULL,
  PRIMARY KEY (site_id, subject, browser)
);
CREATE INDEX attempts_old ON attempts (touched_at);

-- A browser that has signed in as a user before: one row for each of its users.
CREATE TABLE browsers (
  site_id    TEXT NOT NULL,
  user_id    TEXT NOT NULL,
  token_hash TEXT NOT NULL,
  id         TEXT NOT NULL,
  user_agent TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  seen_at    BIGINT NOT NULL,
  PRIMARY KEY (site_id, user_id, token_hash),
  FOREIGN KEY (site_id, user_id) REFERENCES users (site_id, id) ON DELETE CASCADE
);

CREATE TABLE signins (
  site_id        TEXT NOT NULL,
  token_hash     TEXT NOT NULL,
  id             TEXT NOT NULL,
  user_id        TEXT NOT NULL,
  credentials_at BIGINT NOT NULL DEFAULT 0,
  origin         TEXT NOT NULL DEFAULT '',
  password_set_at BIGINT NOT NULL DEFAULT 0,
  second_step_at BIGINT NOT NULL DEFAULT 0,
  return_to      TEXT NOT NULL DEFAULT '',
  created_at     BIGINT NOT NULL,
  expires_at     BIGINT NOT NULL,
  PRIMARY KEY (site_id, token_hash),
  FOREIGN KEY (site_id, user_id) REFERENCES users (site_id, id) ON DELETE CASCADE
);
CREATE INDEX signins_user ON signins (site_id, user_id);
CREATE INDEX signins_expiry ON signins (expires_at);

CREATE TABLE sessions (
  site_id    TEXT NOT NULL,
  token_hash TEXT NOT NULL,
  id         TEXT NOT NULL,
  user_id    TEXT NOT NULL,
  company_id TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  seen_at    BIGINT NOT NULL,
  ends_at    BIGINT NOT NULL,
  address    TEXT NOT NULL DEFAULT '',
  user_agent TEXT NOT NULL DEFAULT '',
  level      INTEGER NOT NULL DEFAULT 0,
  methods    TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (site_id, token_hash),
  FOREIGN KEY (site_id, user_id) REFERENCES users (site_id, id) ON DELETE CASCADE
);
CREATE INDEX sessions_user ON sessions (site_id, user_id);
CREATE INDEX sessions_end ON sessions (ends_at);

-- The event log: written in the transaction of what it tells about.
CREATE TABLE events (
  site_id    TEXT NOT NULL,
  id         TEXT NOT NULL,
  company_id TEXT NOT NULL DEFAULT '',
  user_id    TEXT NOT NULL DEFAULT '',
  at         BIGINT NOT NULL,
  kind       TEXT NOT NULL,
  result     TEXT NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_id   TEXT NOT NULL DEFAULT '',
  actor_name TEXT NOT NULL DEFAULT '',
  address    TEXT NOT NULL DEFAULT '',
  user_agent TEXT NOT NULL DEFAULT '',
  reference  TEXT NOT NULL DEFAULT '',
  detail     TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (site_id, id)
);
CREATE INDEX events_user ON events (site_id, user_id, id);
CREATE INDEX events_reference ON events (reference) WHERE reference <> '';

-- The outbox. body is sealed (it may hold a temporary password) and is erased
-- once the message has been handed over, or will never be. done_at is 0 until
-- then. While a process is sending, lease names its claim and due_at is when the
-- claim runs out, so that whatever is due is also free to take.
CREATE TABLE messages (
  site_id    TEXT NOT NULL,
  id         TEXT NOT NULL,
  company_id TEXT NOT NULL DEFAULT '',
  user_id    TEXT NOT NULL DEFAULT '',
  kind       TEXT NOT NULL,
  secret     BOOLEAN NOT NULL,
  recipient  TEXT NOT NULL,
  subject    TEXT NOT NULL,
  message_id TEXT NOT NULL,
  state      TEXT NOT NULL,
  tries      INTEGER NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  due_at     BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  lease      TEXT NOT NULL DEFAULT '',
  done_at    BIGINT NOT NULL DEFAULT 0,
  reply      TEXT NOT NULL DEFAULT '',
  body       BYTES, -- last: what stands behind it would be slow to read
  PRIMARY KEY (site_id, id)
);
CREATE INDEX messages_due ON messages (due_at) WHERE done_at = 0;
-- Somebody waits for a message with a secret: it overtakes notices.
CREATE INDEX messages_due_secret ON messages (due_at) WHERE done_at = 0 AND secret;
CREATE INDEX messages_user ON messages (site_id, user_id, id);

-- GCRA: tat is the theoretical arrival time of the next admitted call, every the
-- time between calls, slack how far ahead of the clock tat may be.
CREATE TABLE rate_limits (
  key   TEXT NOT NULL PRIMARY KEY,
  tat   BIGINT NOT NULL,
  every BIGINT NOT NULL,
  slack BIGINT NOT NULL
);
CREATE INDEX rate_limits_tat ON rate_limits (tat);
