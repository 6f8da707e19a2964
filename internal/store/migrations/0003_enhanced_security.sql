-- What a second step at sign-in needs: codes by mail, and trusted browsers.

-- Whether a code is sent only when it is asked for, or as soon as one is due (B09).
ALTER TABLE users ADD COLUMN codes_on_request BOOLEAN NOT NULL DEFAULT FALSE;

-- Trust is for one user in one browser, from this moment (B08); 0: none.
ALTER TABLE browsers ADD COLUMN trusted_at BIGINT NOT NULL DEFAULT 0;
-- Where the last sign-in came from.
ALTER TABLE browsers ADD COLUMN address TEXT NOT NULL DEFAULT '';

-- code_wrong counts codes entered, before they are verified; trust_browser is the wish
-- not to be asked again in this browser, which counts when the sign-in is finished.
-- second_method is what was proved as the second step.
ALTER TABLE signins ADD COLUMN code_wrong INTEGER NOT NULL DEFAULT 0;
ALTER TABLE signins ADD COLUMN trust_browser BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE signins ADD COLUMN second_method TEXT NOT NULL DEFAULT '';

-- Codes are kept as keyed hashes, bound to the sign-in that they were sent for. They
-- outlive it, because how many a person got in an hour is limited.
CREATE TABLE codes (
  site_id    TEXT NOT NULL,
  id         TEXT NOT NULL,
  user_id    TEXT NOT NULL,
  signin_id  TEXT NOT NULL,
  mac        TEXT NOT NULL,
  message_id TEXT NOT NULL DEFAULT '',
  sent_at    BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at    BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (site_id, id),
  FOREIGN KEY (site_id, user_id) REFERENCES users (site_id, id) ON DELETE CASCADE
);
CREATE INDEX codes_user ON codes (site_id, user_id, sent_at);
CREATE INDEX codes_signin ON codes (site_id, signin_id);
CREATE INDEX codes_sent ON codes (sent_at);

-- The person wants a code at every sign-in, whatever the company says.
ALTER TABLE users ADD COLUMN own_two_factor BOOLEAN NOT NULL DEFAULT FALSE;

-- When mail to the present address came back or was refused, 0: it did not, and why.
-- bounce_reported: a report told us, not the server that we handed the mail to.
ALTER TABLE users ADD COLUMN bounced_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN bounce_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN bounce_reported BOOLEAN NOT NULL DEFAULT FALSE;
-- A later success clears the mark: asked for every mail that is sent, so by index.
CREATE INDEX users_bounced ON users (site_id, email_key) WHERE bounced_at > 0;

-- A report about a mail names it by its message ID.
CREATE INDEX messages_message_id ON messages (message_id);

-- When Enhanced Security was switched last. Trust in browsers from before is over.
ALTER TABLE companies ADD COLUMN two_factor_at BIGINT NOT NULL DEFAULT 0;

-- One run of the switch over all users of a company. after is the username_key of the
-- last user done; lease names the process that works on it until lease_until.
CREATE TABLE enrolments (
  site_id      TEXT NOT NULL,
  company_id   TEXT NOT NULL,
  id           TEXT NOT NULL,
  enable       BOOLEAN NOT NULL,
  state        TEXT NOT NULL,
  started_at   BIGINT NOT NULL,
  started_by   TEXT NOT NULL DEFAULT '',
  started_name TEXT NOT NULL DEFAULT '',
  ended_at     BIGINT NOT NULL DEFAULT 0,
  total        INTEGER NOT NULL DEFAULT 0,
  changed      INTEGER NOT NULL DEFAULT 0,
  unchanged    INTEGER NOT NULL DEFAULT 0,
  skipped      INTEGER NOT NULL DEFAULT 0,
  failed       INTEGER NOT NULL DEFAULT 0,
  told         INTEGER NOT NULL DEFAULT 0,
  after        TEXT NOT NULL DEFAULT '',
  lease        TEXT NOT NULL DEFAULT '',
  lease_until  BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (site_id, company_id, id),
  FOREIGN KEY (site_id, company_id) REFERENCES companies (site_id, id)
);
CREATE INDEX enrolments_running ON enrolments (lease_until) WHERE ended_at = 0;

-- The users of a run, as they were when it began. outcome is empty until the run has
-- come to the user; message_id is the notice that was sent, if one was.
CREATE TABLE enrolment_users (
  site_id      TEXT NOT NULL,
  enrolment_id TEXT NOT NULL,
  username_key TEXT NOT NULL,
  user_id      TEXT NOT NULL,
  username     TEXT NOT NULL,
  outcome      TEXT NOT NULL DEFAULT '',
  reason       TEXT NOT NULL DEFAULT '',
  message_id   TEXT NOT NULL DEFAULT '',
  at           BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (site_id, enrolment_id, username_key)
);
