// Package account is what people do with their own account besides signing in:
// profile and address, devices and sessions, activity, what they accepted, and how
// their home page is arranged. Every method takes the session's user as its caller and
// touches nobody else's rows.
package account

import (
	"context"
	"time"

	"gatehouse"
	"gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/signin"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Service changes and shows people's own accounts.
type Service struct {
	Store  *store.Store
	SignIn *signin.Service
	Outbox *mail.Outbox
	Keys   *secret.Keys
	Now    func() time.Time
}

// own returns the caller's account as it is now; it is the permission check of every
// method, because there is no other account that they can name (invariant 6).
func own(ctx context.Context, q store.Queries, c gatehouse.Caller, st *site.Site) (gatehouse.User, error) {
	if !isOwn(c, st) {
		return gatehouse.User{}, errForbidden
	}
	return q.HoldUser(ctx, st.ID, c.UserID)
}

// isOwn reports whether the caller is somebody who is signed in at this site.
func isOwn(c gatehouse.Caller, st *site.Site) bool {
	return c.Kind == gatehouse.SignedIn && c.SiteID == st.ID && c.UserID != ""
}

var errForbidden = &gatehouse.Error{Kind: gatehouse.Forbidden, Code: "forbidden"}

// record writes a line of the event log about the caller's own account.
func (s *Service) record(ctx context.Context, q store.Queries, c gatehouse.Caller, u gatehouse.User, kind gatehouse.EventKind, detail map[string]string) error {
	now := s.Now()
	return q.InsertEvent(ctx, c.Event(store.NewID("evt", now), now, u.SiteID, u, kind, gatehouse.ResultOK, detail))
}
