-- Support looks cases up over all sites, and counts how long the first answer took.
CREATE INDEX cases_by_number ON cases (number);
CREATE INDEX cases_answered_at ON cases (answered_at) WHERE answered_at > 0;
DROP INDEX cases_answered;

-- Somebody whose address was typed has said that they did not write.
ALTER TABLE cases ADD COLUMN disowned BOOLEAN NOT NULL DEFAULT FALSE;
