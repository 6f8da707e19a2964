-- What operators see of the processes that serve, and of what each does in the background: a row for a
-- process, and one for each of its jobs, which the process itself keeps. They go with the process.
CREATE TABLE process_states (
  id         TEXT NOT NULL PRIMARY KEY,
  host       TEXT NOT NULL,
  pid        BIGINT NOT NULL,
  version    TEXT NOT NULL,
  started_at BIGINT NOT NULL,
  seen_at    BIGINT NOT NULL
);
CREATE INDEX process_states_seen ON process_states (seen_at);
CREATE TABLE job_runs (
  process       TEXT NOT NULL,
  job           TEXT NOT NULL,
  every         BIGINT NOT NULL,
  begun_at      BIGINT NOT NULL,
  ended_at      BIGINT NOT NULL,
  took          BIGINT NOT NULL,
  did           BIGINT NOT NULL,
  did_at        BIGINT NOT NULL,
  error         TEXT NOT NULL,
  failed_at     BIGINT NOT NULL,
  failing_since BIGINT NOT NULL,
  noted_at      BIGINT NOT NULL,
  PRIMARY KEY (process, job)
);
CREATE INDEX job_runs_noted ON job_runs (noted_at);
