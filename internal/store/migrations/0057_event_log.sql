-- The event log of all sites (C13) is searched in the order of an index: what came from an IP address,
-- what somebody did to others, what operators and the system did, and what does not happen all day. The
-- kinds that do are found without an index, and it would be written at every sign-in.
CREATE INDEX events_address ON events (address, id) WHERE address <> '';
CREATE INDEX events_actor ON events (actor_id, id) WHERE actor_id <> '' AND actor_id <> user_id;
CREATE INDEX events_actor_kind ON events (actor_kind, id) WHERE actor_kind IN ('operator', 'system');
CREATE INDEX events_kind ON events (kind, id) WHERE kind NOT IN ('sign_in.password', 'sign_in.passkey', 'sign_in.code', 'sign_in.done', 'code.sent', 'session.ended', 'session.bound', 'session.proved', 'application.signed_in');
