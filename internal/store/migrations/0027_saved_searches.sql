-- Searches that users have given a name (A06), by the address of the page that searches. A
-- search is saved once: saved again, it gets another name.
CREATE TABLE saved_searches (
  site_id  TEXT NOT NULL,
  user_id  TEXT NOT NULL,
  id       TEXT NOT NULL,
  address  TEXT NOT NULL,
  name     TEXT NOT NULL,
  saved_at BIGINT NOT NULL,
  PRIMARY KEY (site_id, user_id, id),
  UNIQUE (site_id, user_id, address),
  FOREIGN KEY (site_id, user_id) REFERENCES users (site_id, id) ON DELETE CASCADE
);
