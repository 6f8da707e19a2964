-- Mail that does not arrive, counted for an hour: many addresses that are refused for the
-- same reason are no news about the addresses.

-- Whose address was refused for a cause last when. marked_at is when that marked the
-- user, 0: it did not; the mark is taken back if the cause turns out to be too many's.
CREATE TABLE refusals (
  site_id   TEXT NOT NULL,
  cause     TEXT NOT NULL,
  user_id   TEXT NOT NULL,
  at        BIGINT NOT NULL,
  marked_at BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (site_id, cause, user_id),
  FOREIGN KEY (site_id, user_id) REFERENCES users (site_id, id) ON DELETE CASCADE
);
CREATE INDEX refusals_old ON refusals (at);

-- The causes themselves: when one was too many's last, and when somebody was told.
CREATE TABLE refusal_causes (
  site_id    TEXT NOT NULL,
  cause      TEXT NOT NULL,
  counted_at BIGINT NOT NULL,
  over_at    BIGINT NOT NULL DEFAULT 0,
  told_at    BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (site_id, cause)
);

-- A mark belongs to one user by now, and is found by the user's key.
DROP INDEX users_bounced;
