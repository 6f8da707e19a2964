-- An application that is deleted is off at once, and goes with everything when its time is over.
ALTER TABLE applications ADD COLUMN deleted_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX applications_deleted ON applications (site_id, deleted_at) WHERE deleted_at <> 0;
