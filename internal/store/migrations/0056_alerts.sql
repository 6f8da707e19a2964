-- What operators are told of: once for a cause while it is open, whatever the number of processes.
CREATE TABLE alerts (
  id        TEXT NOT NULL PRIMARY KEY,
  kind      TEXT NOT NULL,
  cause     TEXT NOT NULL,
  value     BIGINT NOT NULL,
  threshold BIGINT NOT NULL,
  opened_at BIGINT NOT NULL,
  seen_at   BIGINT NOT NULL,
  closed_at BIGINT NOT NULL DEFAULT 0,
  acked_at  BIGINT NOT NULL DEFAULT 0,
  acked_by  TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX alerts_open ON alerts (kind, cause) WHERE closed_at = 0;
CREATE INDEX alerts_closed ON alerts (closed_at, id) WHERE closed_at > 0;
-- Calls of the webhook that tell of them, until they were answered or given up.
CREATE TABLE alert_calls (
  id         TEXT NOT NULL PRIMARY KEY,
  alert      TEXT NOT NULL,
  phase      TEXT NOT NULL,
  body       TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  due_at     BIGINT NOT NULL,
  tries      BIGINT NOT NULL DEFAULT 0,
  done_at    BIGINT NOT NULL DEFAULT 0,
  answer     TEXT NOT NULL DEFAULT ''
);
CREATE INDEX alert_calls_due ON alert_calls (due_at) WHERE done_at = 0;
CREATE INDEX alert_calls_alert ON alert_calls (alert, id);
-- What is looked at every minute: refused attempts and locks by time, over all sites.
CREATE INDEX events_refused_at ON events (id) WHERE result <> 'ok' AND address <> '';
CREATE INDEX events_locked_at ON events (id) WHERE kind = 'user.locked';
CREATE INDEX enrolments_failed ON enrolments (ended_at) WHERE failed > 0 AND ended_at > 0;
