-- Runs are removed some time after their end.
CREATE INDEX enrolments_ended ON enrolments (ended_at) WHERE ended_at > 0;
CREATE INDEX bulk_acts_ended ON bulk_acts (ended_at) WHERE ended_at > 0;
