-- Another email address for a user, proposed by one operator, to be agreed to by another. One of a
-- user is open at a time.
CREATE TABLE address_proposals (
  site_id        TEXT NOT NULL,
  id             TEXT NOT NULL,
  user_id        TEXT NOT NULL,
  company_id     TEXT NOT NULL,
  old_email      TEXT NOT NULL,
  new_email      TEXT NOT NULL,
  why            TEXT NOT NULL,
  seen           TEXT NOT NULL,
  state          TEXT NOT NULL,
  asked_at       BIGINT NOT NULL,
  by_id          TEXT NOT NULL,
  by_name        TEXT NOT NULL,
  ended_at       BIGINT NOT NULL DEFAULT 0,
  ended_by_id    TEXT NOT NULL DEFAULT '',
  ended_by_name  TEXT NOT NULL DEFAULT '',
  refused_reason TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (site_id, id),
  FOREIGN KEY (site_id, user_id) REFERENCES users (site_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX address_proposals_open ON address_proposals (site_id, user_id) WHERE ended_at = 0;
CREATE INDEX address_proposals_user ON address_proposals (site_id, user_id);
CREATE INDEX address_proposals_asked ON address_proposals (asked_at);
