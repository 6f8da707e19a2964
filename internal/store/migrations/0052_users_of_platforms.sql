-- Who uses an application is listed by the users' IDs; what looked for all of an application does so in
-- the same index.
CREATE INDEX grants_users ON grants (site_id, application_id, user_id);
DROP INDEX grants_application;
