-- The sender of text messages asks every second whether one is due; a hundred thousand mails
-- that wait are none of its business.
CREATE INDEX messages_due_text ON messages (due_at) WHERE done_at = 0 AND substr(recipient, 1, 4) = 'tel:';
