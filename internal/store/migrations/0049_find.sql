-- What the operators' search box looks for, besides usernames, addresses and account numbers, which
-- have indexes: the names of people and companies, and where refused attempts came from.
CREATE INDEX users_last_name ON users (site_id, lower(last_name)) WHERE last_name <> '';
CREATE INDEX users_first_name ON users (site_id, lower(first_name)) WHERE first_name <> '';
CREATE INDEX companies_name ON companies (site_id, lower(name));
CREATE INDEX events_refused_from ON events (address, id) WHERE result <> 'ok' AND address <> '';
