-- Support cases (C07): what people ask support, and what is said about it. Titles, words and files are
-- sealed. waiting_since is when the side whose turn it is got to know.
CREATE TABLE cases (
  site_id       TEXT NOT NULL,
  id            TEXT NOT NULL,
  number        TEXT NOT NULL,
  user_id       TEXT NOT NULL,
  company_id    TEXT NOT NULL,
  email         TEXT NOT NULL,
  email_key     TEXT NOT NULL,
  name          TEXT NOT NULL,
  locale        TEXT NOT NULL,
  reference     TEXT NOT NULL,
  title         BYTES NOT NULL,
  state         TEXT NOT NULL,
  confirmed     BOOLEAN NOT NULL,
  assigned_to   TEXT NOT NULL DEFAULT '',
  assignee      TEXT NOT NULL DEFAULT '',
  version       INTEGER NOT NULL DEFAULT 0,
  held          INTEGER NOT NULL DEFAULT 0,
  files         INTEGER NOT NULL DEFAULT 0,
  created_at    BIGINT NOT NULL,
  waiting_since BIGINT NOT NULL,
  answered_at   BIGINT NOT NULL DEFAULT 0,
  closed_at     BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (site_id, id)
);
CREATE UNIQUE INDEX cases_number ON cases (site_id, number);
CREATE INDEX cases_user ON cases (site_id, user_id, id) WHERE user_id <> '';
CREATE INDEX cases_email ON cases (email_key, site_id, id);
CREATE INDEX cases_reference ON cases (reference) WHERE reference <> '';
CREATE INDEX cases_state ON cases (state, waiting_since, id);
CREATE INDEX cases_assigned ON cases (assigned_to, state, waiting_since, id);
CREATE INDEX cases_closed ON cases (closed_at) WHERE closed_at > 0;
CREATE INDEX cases_with_files ON cases (closed_at) WHERE files > 0 AND closed_at > 0;
CREATE INDEX cases_answered ON cases (site_id, answered_at) WHERE answered_at > 0;

CREATE TABLE case_messages (
  site_id TEXT NOT NULL,
  case_id TEXT NOT NULL,
  id      TEXT NOT NULL,
  kind    TEXT NOT NULL,
  by_id   TEXT NOT NULL,
  by_name TEXT NOT NULL,
  by_mail BOOLEAN NOT NULL,
  held    BOOLEAN NOT NULL,
  words   BYTES NOT NULL,
  mark    TEXT NOT NULL,
  at      BIGINT NOT NULL,
  PRIMARY KEY (site_id, case_id, id),
  FOREIGN KEY (site_id, case_id) REFERENCES cases (site_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX case_messages_mark ON case_messages (site_id, case_id, mark) WHERE mark <> '';

CREATE TABLE case_files (
  site_id    TEXT NOT NULL,
  case_id    TEXT NOT NULL,
  id         TEXT NOT NULL,
  message_id TEXT NOT NULL,
  name       TEXT NOT NULL,
  kind       TEXT NOT NULL,
  size       INTEGER NOT NULL,
  at         BIGINT NOT NULL,
  PRIMARY KEY (site_id, case_id, id),
  FOREIGN KEY (site_id, case_id) REFERENCES cases (site_id, id) ON DELETE CASCADE
);

-- The content of files, sealed, in pieces: written before the case that they belong to, so that its
-- transaction is short. Pieces without a file are removed after an hour.
CREATE TABLE case_file_parts (
  site_id TEXT NOT NULL,
  file_id TEXT NOT NULL,
  part    INTEGER NOT NULL,
  body    BYTES NOT NULL,
  at      BIGINT NOT NULL,
  owned   BOOLEAN NOT NULL DEFAULT FALSE,
  PRIMARY KEY (site_id, file_id, part)
);
CREATE INDEX case_file_parts_loose ON case_file_parts (at) WHERE NOT owned;
