-- Attempts that are being verified, each under the process that has it: those of a process
-- that is gone are closed as wrong. attempts.open is how many there are for a subject and
-- a browser.
CREATE TABLE open_attempts (
  site_id TEXT NOT NULL,
  subject TEXT NOT NULL,
  browser TEXT NOT NULL,
  id      TEXT NOT NULL,
  process TEXT NOT NULL,
  PRIMARY KEY (site_id, subject, browser, id)
);
CREATE INDEX open_attempts_process ON open_attempts (process);

-- The processes that share the database, and until when each is known to be alive, by the
-- database's clock.
CREATE TABLE processes (
  id          TEXT NOT NULL PRIMARY KEY,
  alive_until BIGINT NOT NULL
);
