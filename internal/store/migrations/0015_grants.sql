-- What users have let applications have, and when they went to them. scopes are what a user
-- was asked about and has consented to; nothing where nobody asked.
CREATE TABLE grants (
  site_id        TEXT NOT NULL,
  user_id        TEXT NOT NULL,
  application_id TEXT NOT NULL,
  scopes         TEXT NOT NULL DEFAULT '',
  consented_at   BIGINT NOT NULL DEFAULT 0,
  first_at       BIGINT NOT NULL,
  used_at        BIGINT NOT NULL,
  PRIMARY KEY (site_id, user_id, application_id),
  FOREIGN KEY (site_id, user_id) REFERENCES users (site_id, id) ON DELETE CASCADE,
  FOREIGN KEY (site_id, application_id) REFERENCES applications (site_id, id) ON DELETE CASCADE
);
CREATE INDEX grants_application ON grants (site_id, application_id);

-- A request that has been answered is known for as long as it would have waited: for who
-- presses twice, or goes back to the page.
ALTER TABLE authorizations ADD COLUMN answered_at BIGINT NOT NULL DEFAULT 0;
