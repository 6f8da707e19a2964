-- The operators' pages of mail: what waits and what did not arrive, newest first, beside many millions
-- that were sent; addresses that mail comes back from; sites whose mail is held.
CREATE INDEX messages_open ON messages (site_id, id) WHERE done_at = 0;
CREATE INDEX messages_failed ON messages (site_id, id) WHERE done_at > 0 AND state <> 'sent';
CREATE INDEX users_bounced_at ON users (site_id, bounced_at, id) WHERE bounced_at > 0;
CREATE TABLE mail_holds (
  site_id TEXT NOT NULL PRIMARY KEY,
  held_at BIGINT NOT NULL,
  held_by TEXT NOT NULL
);
