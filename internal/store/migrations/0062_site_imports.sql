-- Imports for a site, by an operator's page. They are imports (0038), and every statement is written for
-- both tables: company_id is always empty, and user_id is an operator. A program of the version before
-- leaves them alone.
CREATE TABLE site_imports (
  site_id     TEXT NOT NULL,
  company_id  TEXT NOT NULL DEFAULT '',
  id          TEXT NOT NULL,
  user_id     TEXT NOT NULL,
  begun_by    TEXT NOT NULL DEFAULT '{}',
  file_name   TEXT NOT NULL,
  file        BYTES NOT NULL,
  state       TEXT NOT NULL,
  created_at  BIGINT NOT NULL,
  started_at  BIGINT NOT NULL DEFAULT 0,
  ended_at    BIGINT NOT NULL DEFAULT 0,
  expires_at  BIGINT NOT NULL,
  headed      BOOLEAN NOT NULL DEFAULT TRUE,
  file_columns TEXT NOT NULL DEFAULT '[]',
  invite      BOOLEAN NOT NULL DEFAULT FALSE,
  planned     TEXT NOT NULL DEFAULT '{}',
  mark        TEXT NOT NULL DEFAULT '',
  moved       INTEGER NOT NULL DEFAULT 0,
  done        TEXT NOT NULL DEFAULT '{}',
  after       INTEGER NOT NULL DEFAULT 0,
  merged      BOOLEAN NOT NULL DEFAULT FALSE,
  lease       TEXT NOT NULL DEFAULT '',
  lease_until BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (site_id, company_id, id)
);
CREATE INDEX site_imports_running ON site_imports (lease_until) WHERE started_at > 0 AND ended_at = 0;
CREATE INDEX site_imports_expiry ON site_imports (expires_at);
