-- What was last proved again in a session, before a change that matters, and how many entries were
-- counted since.
ALTER TABLE sessions ADD COLUMN proved TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN proved_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN proofs_entered BIGINT NOT NULL DEFAULT 0;
