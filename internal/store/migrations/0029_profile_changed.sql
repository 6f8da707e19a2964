-- When what applications read as a user's profile was changed last: names, username, language.
-- 0: not since the user was created.
ALTER TABLE users ADD COLUMN profile_changed_at BIGINT NOT NULL DEFAULT 0;
