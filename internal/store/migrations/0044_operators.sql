-- The sign-ins of a whole site in the last hours, for the operators' overview.
CREATE INDEX sign_in_counts_hour ON sign_in_counts (site_id, hour);
