-- An argon2id hash of another program looks like one of ours, and is of the bytes as they
-- were typed there: it is marked from now on (secret.Import). Those that an import wrote
-- before have the time of their account; one of ours among them is marked in vain, and
-- loses the mark at the next sign-in.
UPDATE users SET password_hash = '{imported}' || password_hash
  WHERE password_hash LIKE '$argon2id$v=19$%' AND password_origin = 'chosen' AND password_set_at = created_at;
