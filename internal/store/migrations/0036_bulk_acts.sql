-- An act of an administrator on many users: proposed, agreed to, and then worked off like an
-- enrolment. query is the search that its users were chosen by, undoes the act that it takes back.
CREATE TABLE bulk_acts (
  site_id      TEXT NOT NULL,
  company_id   TEXT NOT NULL,
  id           TEXT NOT NULL,
  act          TEXT NOT NULL,
  query        TEXT NOT NULL DEFAULT '',
  undoes       TEXT NOT NULL DEFAULT '',
  state        TEXT NOT NULL,
  started_at   BIGINT NOT NULL,
  started_by   TEXT NOT NULL DEFAULT '',
  started_name TEXT NOT NULL DEFAULT '',
  ip_address   TEXT NOT NULL DEFAULT '',
  reference    TEXT NOT NULL DEFAULT '',
  ended_at     BIGINT NOT NULL DEFAULT 0,
  total        INTEGER NOT NULL DEFAULT 0,
  changed      INTEGER NOT NULL DEFAULT 0,
  unchanged    INTEGER NOT NULL DEFAULT 0,
  skipped      INTEGER NOT NULL DEFAULT 0,
  failed       INTEGER NOT NULL DEFAULT 0,
  told         INTEGER NOT NULL DEFAULT 0,
  after        TEXT NOT NULL DEFAULT '',
  lease        TEXT NOT NULL DEFAULT '',
  lease_until  BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (site_id, company_id, id),
  FOREIGN KEY (site_id, company_id) REFERENCES companies (site_id, id)
);
CREATE INDEX bulk_acts_running ON bulk_acts (lease_until) WHERE state = 'running';
CREATE INDEX bulk_acts_proposed ON bulk_acts (started_at) WHERE state = 'proposed';

-- The users that an act is about. outcome is empty until the act has reached the user; message_id
-- is there because the enrolments have it, and stays empty.
CREATE TABLE bulk_act_users (
  site_id      TEXT NOT NULL,
  bulk_act_id  TEXT NOT NULL,
  username_key TEXT NOT NULL,
  user_id      TEXT NOT NULL,
  username     TEXT NOT NULL,
  outcome      TEXT NOT NULL DEFAULT '',
  reason       TEXT NOT NULL DEFAULT '',
  message_id   TEXT NOT NULL DEFAULT '',
  at           BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (site_id, bulk_act_id, username_key)
);
