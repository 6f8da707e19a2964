-- What users ask their company's administrators is in the event log, with the answers.
CREATE INDEX events_requests ON events (site_id, company_id, id) WHERE kind IN ('username.asked', 'sole_user.answered', 'request.answered');
CREATE INDEX events_requests_at ON events (site_id, at) WHERE kind IN ('username.asked', 'sole_user.answered', 'request.answered');
CREATE INDEX access_requests_asked ON access_requests (site_id, asked_at, company_id);

-- The day, at the site, on which the administrators of a company were last told by mail that
-- something waits.
CREATE TABLE request_mails (
  site_id    TEXT NOT NULL,
  company_id TEXT NOT NULL,
  told_on    TEXT NOT NULL,
  PRIMARY KEY (site_id, company_id),
  FOREIGN KEY (site_id, company_id) REFERENCES companies (site_id, id) ON DELETE CASCADE
);
