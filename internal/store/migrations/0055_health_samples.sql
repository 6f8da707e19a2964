-- How each process was, every five minutes, for the charts of the operators' pages: a day of it.
CREATE TABLE health_samples (
  at      BIGINT NOT NULL,
  process TEXT NOT NULL,
  detail  TEXT NOT NULL,
  PRIMARY KEY (at, process)
);
