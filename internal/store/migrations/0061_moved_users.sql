-- A company that operators have merged into another one (its ID), and when: it has no users, and its
-- account number stands for the other one. Empty: it stands for itself.
ALTER TABLE companies ADD COLUMN merged_into TEXT NOT NULL DEFAULT '';
ALTER TABLE companies ADD COLUMN merged_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX companies_merged ON companies (site_id, merged_into) WHERE merged_into <> '';

-- Users who have left a company for another one, and when, by the stamp of lists (0037): a process that
-- keeps the list of the company in memory has to learn of it.
CREATE TABLE left_users (
  site_id    TEXT NOT NULL,
  company_id TEXT NOT NULL,
  user_id    TEXT NOT NULL,
  changed    BIGINT NOT NULL,
  PRIMARY KEY (site_id, company_id, user_id),
  FOREIGN KEY (site_id, user_id) REFERENCES users (site_id, id) ON DELETE CASCADE
);
CREATE INDEX left_users_changed ON left_users (site_id, company_id, changed);
CREATE INDEX left_users_user ON left_users (site_id, user_id);
