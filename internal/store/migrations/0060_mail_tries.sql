-- What relays answered to each try of a message (gatehouse.MailTries).
ALTER TABLE messages ADD COLUMN try_log TEXT NOT NULL DEFAULT '';
