-- What the administrators of a company have said about which of its users may reach an
-- application; nothing: the application's own setting counts.
CREATE TABLE platform_access (
  site_id        TEXT NOT NULL,
  company_id     TEXT NOT NULL,
  application_id TEXT NOT NULL,
  reach          TEXT NOT NULL,
  PRIMARY KEY (site_id, company_id, application_id),
  FOREIGN KEY (site_id, company_id) REFERENCES companies (site_id, id) ON DELETE CASCADE,
  FOREIGN KEY (site_id, application_id) REFERENCES applications (site_id, id) ON DELETE CASCADE
);
CREATE INDEX platform_access_application ON platform_access (site_id, application_id);

-- Users who have asked their administrators for access to an application, and wait.
CREATE TABLE access_requests (
  site_id        TEXT NOT NULL,
  user_id        TEXT NOT NULL,
  application_id TEXT NOT NULL,
  company_id     TEXT NOT NULL,
  asked_at       BIGINT NOT NULL,
  PRIMARY KEY (site_id, user_id, application_id),
  FOREIGN KEY (site_id, user_id) REFERENCES users (site_id, id) ON DELETE CASCADE,
  FOREIGN KEY (site_id, application_id) REFERENCES applications (site_id, id) ON DELETE CASCADE
);
CREATE INDEX access_requests_company ON access_requests (site_id, company_id, asked_at);
CREATE INDEX access_requests_application ON access_requests (site_id, application_id);

-- The history of it, which administrators read.
CREATE INDEX events_reach ON events (site_id, company_id, id) WHERE kind = 'application.reach_changed';
