// Package account is what users do with their own account apart from signing in: profile and
// address, devices and sessions, activity, what they accepted, and how their home page is
// arranged. Every method takes the session's user as its caller and touches nobody else's rows.
package account

import (
	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/secret"
	"gatehouse/internal/signin"
	"gatehouse/internal/site"
)

// Service changes and shows users' own accounts.
type Service struct {
	*act.Desk
	SignIn *signin.Service
	Keys   *secret.Keys
}

// own returns the caller's account as it is now. It is the permission check of every method,
// because callers cannot name any other account (invariant 6).
func own(tx *act.Unit) (gatehouse.User, error) {
	if !isOwn(tx.Site, tx.Caller) {
		return gatehouse.User{}, errForbidden
	}
	return tx.HoldUser(tx, tx.Site.ID, tx.Caller.UserID)
}

// isOwn reports whether the caller is signed in at this site.
func isOwn(st *site.Site, c gatehouse.Caller) bool {
	return c.Kind == gatehouse.SignedIn && c.SiteID == st.ID && c.UserID != ""
}

var errForbidden = &gatehouse.Error{Kind: gatehouse.Forbidden, Reason: "forbidden"}
