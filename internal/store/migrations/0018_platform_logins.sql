-- Which platforms a session has reached. A session that ends takes these rows along: each is
-- then told to its platform (OpenID Connect Back-Channel Logout), which is why it stays for a
-- while. due_at is when to try that next, or when a process that is trying gives up its claim;
-- 0: there is nothing to do.
CREATE TABLE platform_logins (
  site_id        TEXT NOT NULL,
  session_id     TEXT NOT NULL,
  application_id TEXT NOT NULL,
  user_id        TEXT NOT NULL,
  sid            TEXT NOT NULL,
  subject        TEXT NOT NULL,
  first_at       BIGINT NOT NULL,
  last_at        BIGINT NOT NULL,
  ended_at       BIGINT NOT NULL DEFAULT 0,
  due_at         BIGINT NOT NULL DEFAULT 0,
  tries          INTEGER NOT NULL DEFAULT 0,
  told           TEXT NOT NULL DEFAULT '',
  told_at        BIGINT NOT NULL DEFAULT 0,
  problem        TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (site_id, session_id, application_id),
  FOREIGN KEY (site_id, application_id) REFERENCES applications (site_id, id) ON DELETE CASCADE,
  FOREIGN KEY (site_id, user_id) REFERENCES users (site_id, id) ON DELETE CASCADE
);
CREATE INDEX platform_logins_application ON platform_logins (site_id, application_id, due_at);
CREATE INDEX platform_logins_user ON platform_logins (site_id, user_id);
CREATE INDEX platform_logins_due ON platform_logins (due_at) WHERE due_at <> 0;
CREATE INDEX platform_logins_ended ON platform_logins (ended_at) WHERE ended_at <> 0;
CREATE INDEX platform_logins_failed ON platform_logins (site_id, application_id, told_at) WHERE problem <> '';
