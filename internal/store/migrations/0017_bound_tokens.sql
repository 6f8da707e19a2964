-- Tokens can be bound to a key that their application proves at each use (DPoP), and be for
-- some servers only. jkt is the key's thumbprint, audience those servers; both are empty
-- where they are not.
ALTER TABLE token_families ADD COLUMN jkt TEXT NOT NULL DEFAULT '';
ALTER TABLE access_tokens ADD COLUMN jkt TEXT NOT NULL DEFAULT '';
ALTER TABLE access_tokens ADD COLUMN audience TEXT NOT NULL DEFAULT '';
