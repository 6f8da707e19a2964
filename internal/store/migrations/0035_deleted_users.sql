-- A deleted user is deactivated, and kept until it is removed for good: until then it can be
-- restored to the state that it had, and nobody else gets its username. 0: not deleted.
ALTER TABLE users ADD COLUMN deleted_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN deleted_state TEXT NOT NULL DEFAULT '';
CREATE INDEX users_deleted ON users (site_id, company_id, deleted_at, id) WHERE deleted_at > 0;
CREATE INDEX users_to_remove ON users (deleted_at) WHERE deleted_at > 0;
-- What is removed with a user is found by it.
CREATE INDEX refusals_user ON refusals (site_id, user_id);
