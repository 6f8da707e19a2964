-- Who may take a change of an address back is judged over all changes of the user
-- (gatehouse.KeeperOf), so those that the company made are rows as well: by an
-- administrator, an operator or an import, confirmed at once.
ALTER TABLE email_changes ADD COLUMN by_company BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE email_changes DROP COLUMN undo_until;
