-- What is looked up must cost the same however much there is: these were found by reading
-- whole tables, or all that a site has.

-- A sign-in that goes on counts wrong entries under its ID.
CREATE INDEX signins_id ON signins (site_id, id);
-- An answer that was not verified is taken back under the ID of its recovery.
CREATE INDEX recoveries_id ON recoveries (site_id, id);
-- The expiry of old changes of an address.
CREATE INDEX email_changes_asked ON email_changes (asked_at);
-- Who can help a user: the administrators of a company, of whom there are few.
CREATE INDEX users_admins ON users (site_id, company_id, username_key) WHERE role = 'admin';
