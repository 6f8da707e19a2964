-- How many sign-ins a company had in an hour (since 1970, UTC), by their outcome. slot spreads those
-- of one hour over some rows, because each is changed at every sign-in.
CREATE TABLE sign_in_counts (
  site_id    TEXT NOT NULL,
  company_id TEXT NOT NULL,
  hour       BIGINT NOT NULL,
  outcome    TEXT NOT NULL,
  slot       INTEGER NOT NULL,
  n          BIGINT NOT NULL,
  PRIMARY KEY (site_id, company_id, hour, outcome, slot)
);

INSERT INTO sign_in_counts (site_id, company_id, hour, outcome, slot, n)
SELECT site_id, company_id, at / 3600000000, CASE
  WHEN kind = 'sign_in.done' OR result = 'ok' AND kind <> 'sign_in.code' AND (detail NOT LIKE '%"next":%' OR detail LIKE '%"next":"done"%') THEN 'worked'
  WHEN result <> 'ok' THEN 'failed' ELSE 'challenged' END, 0, COUNT(*)
FROM events WHERE kind IN ('sign_in.password', 'sign_in.passkey', 'sign_in.done') OR kind = 'sign_in.code' AND result <> 'ok'
GROUP BY 1, 2, 3, 4;

-- The events of a company, by time.
CREATE INDEX events_company ON events (site_id, company_id, id);
