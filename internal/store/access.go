package store

import "context"

// Taking access to an application away ends what sessions have reached of it, and so does the end of
// a session; a code exchange at the same moment records another such login. Neither sees what the
// other has not committed, so each would go by what was before, and the platform would have a session
// whose end it is never notified of. Therefore one waits for the other. If the exchange is first, its
// login ends with the others; if it is second, it sees that the access or the session is gone.
//
// For the access, that is a lock by name, which exchanges hold together and those who take it away
// hold alone. No row stands for it: a company's setting may not exist yet, and a change of role
// concerns many applications. SQLite has one writer at a time.

// holdAccess keeps access to an application from being taken away, and the session of a code from
// being ended, until the transaction ends. It comes before the query that reads both, and is sent
// along with it.
func (q Queries) holdAccess(ctx context.Context, siteID, applicationID, codeHash string) error {
	if !q.d.shared {
		return nil
	}
	if err := q.lockAccess(ctx, "pg_advisory_xact_lock_shared", siteID, applicationID); err != nil {
		return err
	}
	return q.later(ctx, "hold session of code", `SELECT s.id FROM token_families f
		JOIN sessions s ON s.site_id = f.site_id AND s.user_id = f.user_id AND s.id = f.session_id
		WHERE f.site_id = $1 AND f.code_hash = $2 FOR KEY SHARE OF s`, siteID, codeHash)
}

// takeAccess waits for the exchanges that are under way with an application, and makes the next
// ones wait until the transaction ends. It comes before the statement that ends logins.
func (q Queries) takeAccess(ctx context.Context, siteID, applicationID string) error {
	if !q.d.shared {
		return nil
	}
	return q.lockAccess(ctx, "pg_advisory_xact_lock", siteID, applicationID)
}

// accessLocks tells these locks from others of the same database.
const accessLocks = 7104267

func (q Queries) lockAccess(ctx context.Context, lock, siteID, applicationID string) error {
	return q.later(ctx, "lock access", `SELECT `+lock+`(CAST($1 AS INTEGER), hashtext(CAST($2 AS TEXT)))`, accessLocks, siteID+"/"+applicationID)
}
