-- Searches that administrators share with each other (A06): since when, 0 for those that are not; and
-- which of them another administrator has put out of sight.
ALTER TABLE saved_searches ADD COLUMN shared_at BIGINT NOT NULL DEFAULT 0;

CREATE TABLE hidden_searches (
  site_id   TEXT NOT NULL,
  owner_id  TEXT NOT NULL,
  search_id TEXT NOT NULL,
  user_id   TEXT NOT NULL,
  PRIMARY KEY (site_id, owner_id, search_id, user_id),
  FOREIGN KEY (site_id, owner_id, search_id) REFERENCES saved_searches (site_id, user_id, id) ON DELETE CASCADE,
  FOREIGN KEY (site_id, user_id) REFERENCES users (site_id, id) ON DELETE CASCADE
);
CREATE INDEX hidden_searches_user ON hidden_searches (site_id, user_id);
