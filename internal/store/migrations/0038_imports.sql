-- Imports by page. Everything that came from the file is removed when the import is over, or an hour
-- later at the latest. file is sealed: it has columns that nobody asked for.
CREATE TABLE imports (
  site_id     TEXT NOT NULL,
  company_id  TEXT NOT NULL,
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
  lease       TEXT NOT NULL DEFAULT '',
  lease_until BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (site_id, company_id, id),
  FOREIGN KEY (site_id, company_id) REFERENCES companies (site_id, id)
);
CREATE INDEX imports_running ON imports (lease_until) WHERE started_at > 0 AND ended_at = 0;
CREATE INDEX imports_expiry ON imports (expires_at);

-- The lines of an import: what the preview says and, once reached, what became of them. Then cells is
-- emptied.
CREATE TABLE import_lines (
  site_id   TEXT NOT NULL,
  import_id TEXT NOT NULL,
  line      INTEGER NOT NULL,
  username  TEXT NOT NULL,
  name      TEXT NOT NULL,
  outcome   TEXT NOT NULL,
  reached   BOOLEAN NOT NULL DEFAULT FALSE,
  detail    TEXT NOT NULL,
  mark      TEXT NOT NULL,
  moved     BOOLEAN NOT NULL DEFAULT FALSE,
  cells     TEXT NOT NULL,
  user_id   TEXT NOT NULL DEFAULT '',
  invited   BOOLEAN NOT NULL DEFAULT FALSE,
  PRIMARY KEY (site_id, import_id, line)
);
CREATE INDEX import_lines_outcome ON import_lines (site_id, import_id, outcome, line);
