-- Cards that platforms supply for a user's home page, as JSON that was checked. card is empty
-- for the one that Gatehouse fetches.
CREATE TABLE platform_cards (
  site_id        TEXT NOT NULL,
  user_id        TEXT NOT NULL,
  application_id TEXT NOT NULL,
  card           TEXT NOT NULL,
  body           TEXT NOT NULL,
  as_of          BIGINT NOT NULL,
  expires_at     BIGINT NOT NULL,
  PRIMARY KEY (site_id, user_id, application_id, card),
  FOREIGN KEY (site_id, application_id) REFERENCES applications (site_id, id) ON DELETE CASCADE,
  FOREIGN KEY (site_id, user_id) REFERENCES users (site_id, id) ON DELETE CASCADE
);
CREATE INDEX platform_cards_application ON platform_cards (site_id, application_id);
CREATE INDEX platform_cards_expiry ON platform_cards (expires_at);

-- Whose card is to be fetched from which application: due_at is when; whoever fetches moves it
-- ahead, so that nobody else does. 0: not until the user opens home again.
CREATE TABLE card_fetches (
  site_id        TEXT NOT NULL,
  user_id        TEXT NOT NULL,
  application_id TEXT NOT NULL,
  opened_at      BIGINT NOT NULL,
  due_at         BIGINT NOT NULL,
  failures       INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (site_id, user_id, application_id),
  FOREIGN KEY (site_id, application_id) REFERENCES applications (site_id, id) ON DELETE CASCADE,
  FOREIGN KEY (site_id, user_id) REFERENCES users (site_id, id) ON DELETE CASCADE
);
CREATE INDEX card_fetches_application ON card_fetches (site_id, application_id);
CREATE INDEX card_fetches_due ON card_fetches (due_at) WHERE due_at <> 0;
