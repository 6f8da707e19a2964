-- What administrators say about their company: its time zone (empty: the site's), and whom to ask
-- for what. report_off: they want no monthly report; reported_at is when the last one was written.
ALTER TABLE companies ADD COLUMN zone TEXT NOT NULL DEFAULT '';
ALTER TABLE companies ADD COLUMN report_off BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE companies ADD COLUMN reported_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX companies_reported ON companies (site_id, reported_at) WHERE NOT report_off;

CREATE TABLE company_contacts (
  site_id    TEXT NOT NULL,
  company_id TEXT NOT NULL,
  place      INTEGER NOT NULL,
  name       TEXT NOT NULL,
  about      TEXT NOT NULL DEFAULT '',
  email      TEXT NOT NULL DEFAULT '',
  phone      TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (site_id, company_id, place),
  FOREIGN KEY (site_id, company_id) REFERENCES companies (site_id, id) ON DELETE CASCADE
);
