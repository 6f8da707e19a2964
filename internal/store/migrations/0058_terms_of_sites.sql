-- Who has accepted which version of the terms, for the operators: how many and when by version, and who
-- has not accepted the current one, by the version that they accepted last.
CREATE INDEX terms_acceptances_version ON terms_acceptances (site_id, version, accepted_at);
CREATE INDEX users_terms ON users (site_id, terms_accepted, username_key) WHERE deleted_at = 0;
