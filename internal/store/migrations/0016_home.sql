-- What home shows of platforms (A06).

-- Logos of applications: PNG that we have written ourselves, by the hash in their address.
CREATE TABLE application_logos (
  site_id        TEXT NOT NULL,
  hash           TEXT NOT NULL,
  application_id TEXT NOT NULL,
  body           BYTES,
  PRIMARY KEY (site_id, application_id, hash),
  FOREIGN KEY (site_id, application_id) REFERENCES applications (site_id, id) ON DELETE CASCADE
);
CREATE INDEX application_logos_hash ON application_logos (site_id, hash);

-- The IDs of the platforms in the order that their user likes.
ALTER TABLE home_layouts ADD COLUMN platforms TEXT NOT NULL DEFAULT '';

-- What the application calls its user: a subject of a sector leads back to its user by this
-- row only. It is empty where the user has not been there since.
ALTER TABLE grants ADD COLUMN subject TEXT NOT NULL DEFAULT '';
CREATE INDEX grants_subject ON grants (site_id, application_id, subject);
