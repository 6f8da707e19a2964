-- For the monthly report: who was made an administrator, and who is no longer one.
CREATE INDEX events_changed ON events (site_id, company_id, at) WHERE kind = 'user.changed';
