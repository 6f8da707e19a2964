-- What the journeys of an account need: first sign-in, forgotten password, My Account.

-- A temporary password opens one sign-in: it is bound to the browser that used it
-- first (invariant 2). password_warned is the last warning about its expiry, in days
-- before it; 0: none yet.
ALTER TABLE users ADD COLUMN password_used_by TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN password_warned INTEGER NOT NULL DEFAULT 0;
CREATE INDEX users_password_age ON users (site_id, password_set_at) WHERE password_origin = 'chosen';

-- password_length is that of the password proved in this sign-in, for its assurance
-- level; wrong counts what was entered wrongly on the pages of its steps; steps are
-- those that were due when it began.
ALTER TABLE signins ADD COLUMN password_length INTEGER NOT NULL DEFAULT 0;
ALTER TABLE signins ADD COLUMN wrong INTEGER NOT NULL DEFAULT 0;
ALTER TABLE signins ADD COLUMN steps TEXT NOT NULL DEFAULT '';

-- A browser's token is changed for all its users at once.
CREATE INDEX browsers_token ON browsers (site_id, token_hash);

-- The browser (browsers.id) that a session runs in.
ALTER TABLE sessions ADD COLUMN browser_id TEXT NOT NULL DEFAULT '';

-- Hashes of passwords that were replaced, so that none of the last few comes back.
CREATE TABLE old_passwords (
  site_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  set_at  BIGINT NOT NULL,
  hash    TEXT NOT NULL,
  PRIMARY KEY (site_id, user_id, set_at),
  FOREIGN KEY (site_id, user_id) REFERENCES users (site_id, id) ON DELETE CASCADE
);

-- question is the ID of one of the house's questions, or empty for own_question.
-- answer is the hash of the answer, sealed: an answer is short, and without the key
-- file nobody can try all of them.
CREATE TABLE challenges (
  site_id      TEXT NOT NULL,
  user_id      TEXT NOT NULL,
  question     TEXT NOT NULL,
  own_question TEXT NOT NULL DEFAULT '',
  answer       BYTES NOT NULL,
  set_at       BIGINT NOT NULL,
  PRIMARY KEY (site_id, user_id),
  FOREIGN KEY (site_id, user_id) REFERENCES users (site_id, id) ON DELETE CASCADE
);

-- Recoveries of a forgotten password: by challenge, named by a cookie, and by link,
-- named by the link. Those of names that are no account are kept the same way, with
-- an empty user_id, so that nothing differs for who asks (invariant 7).
CREATE TABLE recoveries (
  site_id      TEXT NOT NULL,
  token_hash   TEXT NOT NULL,
  id           TEXT NOT NULL,
  kind         TEXT NOT NULL,
  user_id      TEXT NOT NULL DEFAULT '',
  subject      TEXT NOT NULL,
  question     TEXT NOT NULL DEFAULT '',
  own_question TEXT NOT NULL DEFAULT '',
  wrong        INTEGER NOT NULL DEFAULT 0,
  created_at   BIGINT NOT NULL,
  expires_at   BIGINT NOT NULL,
  used_at      BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (site_id, token_hash)
);
CREATE INDEX recoveries_user ON recoveries (site_id, user_id) WHERE user_id <> '';
CREATE INDEX recoveries_expiry ON recoveries (expires_at);

-- Texts of the terms that somebody has accepted, under the hash of the text: they can
-- be shown to whoever did, whatever becomes of the file.
CREATE TABLE terms_texts (
  site_id TEXT NOT NULL,
  hash    TEXT NOT NULL,
  text    TEXT NOT NULL,
  PRIMARY KEY (site_id, hash)
);
CREATE TABLE terms_acceptances (
  site_id     TEXT NOT NULL,
  user_id     TEXT NOT NULL,
  id          TEXT NOT NULL,
  version     TEXT NOT NULL,
  text_hash   TEXT NOT NULL,
  lang        TEXT NOT NULL,
  accepted_at BIGINT NOT NULL,
  address     TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (site_id, user_id, id),
  FOREIGN KEY (site_id, user_id) REFERENCES users (site_id, id) ON DELETE CASCADE
);

-- Changes of an address: waiting to be confirmed from the new one, and after that to
-- be undone from the old one. The link that confirms is kept as a hash, the one that
-- undoes is a keyed hash of the ID. state: asked, confirmed, undone, dropped.
CREATE TABLE email_changes (
  site_id      TEXT NOT NULL,
  id           TEXT NOT NULL,
  user_id      TEXT NOT NULL,
  old_email    TEXT NOT NULL,
  new_email    TEXT NOT NULL,
  confirm_hash TEXT NOT NULL,
  state        TEXT NOT NULL,
  asked_at     BIGINT NOT NULL,
  confirm_until BIGINT NOT NULL,
  confirmed_at BIGINT NOT NULL DEFAULT 0,
  undo_until   BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (site_id, id),
  FOREIGN KEY (site_id, user_id) REFERENCES users (site_id, id) ON DELETE CASCADE
);
CREATE INDEX email_changes_user ON email_changes (site_id, user_id, id);
CREATE UNIQUE INDEX email_changes_confirm ON email_changes (site_id, confirm_hash);

-- How a person has arranged the home page: names of cards in their order, a hidden
-- one with a minus before it.
CREATE TABLE home_layouts (
  site_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  cards   TEXT NOT NULL,
  PRIMARY KEY (site_id, user_id),
  FOREIGN KEY (site_id, user_id) REFERENCES users (site_id, id) ON DELETE CASCADE
);
