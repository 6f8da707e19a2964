-- A browser that gets another token takes along the temporary passwords that work only in
-- it: those of people who share it with the one who signs in.
CREATE INDEX users_password_used_by ON users (site_id, password_used_by) WHERE password_used_by <> '';
