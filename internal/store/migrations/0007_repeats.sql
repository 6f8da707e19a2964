-- What forms that work once have come to, for the browser that posts one again. key is a
-- keyed hash of the form and of the cookie that came with it; made is the ID of what it
-- made. Nothing in a row opens anything. Rows are removed after some minutes.
CREATE TABLE repeats (
  site_id   TEXT NOT NULL,
  key       TEXT NOT NULL,
  user_id   TEXT NOT NULL,
  made      TEXT NOT NULL DEFAULT '',
  return_to TEXT NOT NULL DEFAULT '',
  at        BIGINT NOT NULL,
  PRIMARY KEY (site_id, key),
  FOREIGN KEY (site_id, user_id) REFERENCES users (site_id, id) ON DELETE CASCADE
);
CREATE INDEX repeats_user ON repeats (site_id, user_id);
CREATE INDEX repeats_made ON repeats (site_id, made) WHERE made <> '';
CREATE INDEX repeats_at ON repeats (at);
