-- The factor that a company requires of its users, beyond the switch: '', 'factor' or 'passkey',
-- and from when on (0: already).
ALTER TABLE companies ADD COLUMN factor TEXT NOT NULL DEFAULT '';
ALTER TABLE companies ADD COLUMN factor_by BIGINT NOT NULL DEFAULT 0;

-- How many of a user's factors are apps and passkeys.
ALTER TABLE users ADD COLUMN apps INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN passkeys INTEGER NOT NULL DEFAULT 0;
UPDATE users SET
  apps = (SELECT COUNT(*) FROM factors f WHERE f.site_id = users.site_id AND f.user_id = users.id AND f.kind = 'app' AND f.confirmed_at <> 0),
  passkeys = (SELECT COUNT(*) FROM factors f WHERE f.site_id = users.site_id AND f.user_id = users.id AND f.kind = 'passkey' AND f.confirmed_at <> 0)
  WHERE factors > 0;

-- Setting one up as a step of a sign-in: put off this time, or the app that waits for its code.
ALTER TABLE signins ADD COLUMN factor_later BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE signins ADD COLUMN app_id TEXT NOT NULL DEFAULT '';

-- What an enrolment was for.
ALTER TABLE enrolments ADD COLUMN factor TEXT NOT NULL DEFAULT '';
ALTER TABLE enrolments ADD COLUMN factor_by BIGINT NOT NULL DEFAULT 0;
