-- Passkeys: what is known of a factor of that kind, beside its row in factors. The ID of the
-- credential belongs to one account of the site.
CREATE TABLE passkeys (
  site_id       TEXT NOT NULL,
  user_id       TEXT NOT NULL,
  factor_id     TEXT NOT NULL,
  credential_id TEXT NOT NULL,
  public_key    BYTES NOT NULL,
  sign_count    BIGINT NOT NULL,
  model         TEXT NOT NULL,
  transports    TEXT NOT NULL,
  syncable      BOOLEAN NOT NULL,
  backed_up     BOOLEAN NOT NULL,
  verified      BOOLEAN NOT NULL,
  PRIMARY KEY (site_id, credential_id),
  FOREIGN KEY (site_id, user_id, factor_id) REFERENCES factors (site_id, user_id, id) ON DELETE CASCADE
);
CREATE INDEX passkeys_user ON passkeys (site_id, user_id, factor_id);

-- What devices call a user, at random; and until when no passkey is offered.
CREATE TABLE passkey_handles (
  site_id     TEXT NOT NULL,
  user_id     TEXT NOT NULL,
  handle      TEXT NOT NULL,
  offer_after BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (site_id, user_id),
  FOREIGN KEY (site_id, user_id) REFERENCES users (site_id, id) ON DELETE CASCADE
);

-- Challenges of passkeys that have been answered: each is good once.
CREATE TABLE spent_challenges (
  site_id   TEXT NOT NULL,
  challenge TEXT NOT NULL,
  until     BIGINT NOT NULL,
  PRIMARY KEY (site_id, challenge)
);
CREATE INDEX spent_challenges_until ON spent_challenges (until);

-- A sign-in may begin with a passkey in place of the password.
ALTER TABLE signins ADD COLUMN passkey TEXT NOT NULL DEFAULT '';
