-- When what lists show of a user was last changed: a process that keeps a list in memory asks for
-- those users only (dialect.stamp). On PostgreSQL it is the number of a transaction, on SQLite one
-- that grows with each change. A plain sign-in leaves it as it is, except the first one of a day.
ALTER TABLE users ADD COLUMN changed BIGINT NOT NULL DEFAULT 0;
CREATE INDEX users_changed ON users (site_id, company_id, changed);
