-- Rows that change at every sign-in have no index on what changes: an index keeps an entry
-- of every version of a row until it is cleaned up, and the row of a whole site, which every
-- sign-in changes twice, is looked up among all of them.

-- Limits that are free again are dropped by reading them all: they are those of an hour.
DROP INDEX rate_limits_tat;
-- Attempts are open for the time of a hash, so they are few.
DROP INDEX open_attempts_process;
