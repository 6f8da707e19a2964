-- A session can have a second token, which a browser shows to applications behind a proxy and
-- which is good for nothing but asking whose session it is.
ALTER TABLE sessions ADD COLUMN forward_hash TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX sessions_forward ON sessions (site_id, forward_hash) WHERE forward_hash <> '';
