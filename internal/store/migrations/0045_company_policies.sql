-- What a company requires beyond its site: spans in nanoseconds, -1 for "no device is trusted"; 0 leaves
-- a setting to the site. policy_by is the administrator who changed it last (empty: the operator).
ALTER TABLE companies ADD COLUMN session_idle BIGINT NOT NULL DEFAULT 0;
ALTER TABLE companies ADD COLUMN session_length BIGINT NOT NULL DEFAULT 0;
ALTER TABLE companies ADD COLUMN trusted_device BIGINT NOT NULL DEFAULT 0;
ALTER TABLE companies ADD COLUMN password_length BIGINT NOT NULL DEFAULT 0;
ALTER TABLE companies ADD COLUMN password_names BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE companies ADD COLUMN password_age BIGINT NOT NULL DEFAULT 0;
ALTER TABLE companies ADD COLUMN policy_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE companies ADD COLUMN policy_by TEXT NOT NULL DEFAULT '';
-- Whose users are warned at other times than those of the site.
CREATE INDEX companies_password_age ON companies (site_id, password_age) WHERE password_age > 0;
