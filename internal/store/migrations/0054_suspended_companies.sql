-- A company that operators have suspended: since when, who did it (the name, as the event log shows it)
-- and why, in the operator's words. suspended_at 0: it is not.
ALTER TABLE companies ADD COLUMN suspended_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE companies ADD COLUMN suspended_by TEXT NOT NULL DEFAULT '';
ALTER TABLE companies ADD COLUMN suspended_why TEXT NOT NULL DEFAULT '';
