-- Which application a host behind a proxy belongs to: asked at every request that a proxy holds.
-- The applications' settings say the same.
CREATE TABLE forward_hosts (
  site_id        TEXT NOT NULL,
  host           TEXT NOT NULL,
  application_id TEXT NOT NULL,
  PRIMARY KEY (site_id, host),
  FOREIGN KEY (site_id, application_id) REFERENCES applications (site_id, id) ON DELETE CASCADE
);
CREATE INDEX forward_hosts_application ON forward_hosts (site_id, application_id);
