package account

import (
	"context"
	"errors"
	"slices"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Platform is an application from the view of a user and the company.
type Platform = store.Platform

// NoAccess is a platform that the caller may not reach, and what can be done about it.
type NoAccess struct {
	Platform store.Platform
	Closed   gatehouse.Closed
	// Administrators are those of the company who can open it; none if there is nobody else, or if
	// no administrator can.
	Administrators []gatehouse.User
	// Self: the caller is an administrator, and can open it without asking.
	Self bool
}

// MayAsk reports whether there is anybody to ask for access.
func (n NoAccess) MayAsk() bool { return !n.Self && len(n.Administrators) > 0 }

// mostAdministrators is how many administrators of a company are named and notified.
const mostAdministrators = 5

// NoAccess returns why the caller may not reach a platform. Closed is empty if the caller may.
//
// Errors: NotFound, Forbidden, Unavailable.
func (s *Service) NoAccess(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) (NoAccess, error) {
	if !isOwn(st, c) {
		return NoAccess{}, errForbidden
	}
	q := s.Store.Read()
	u, err := q.User(ctx, st.ID, c.UserID)
	if err != nil {
		return NoAccess{}, err
	}
	return noAccess(ctx, q, u, id)
}

func noAccess(ctx context.Context, q store.Queries, u gatehouse.User, id string) (n NoAccess, err error) {
	all, err := q.Platforms(ctx, u.SiteID, u.CompanyID, u.ID)
	i := slices.IndexFunc(all, func(p store.Platform) bool { return p.ID == id })
	if err == nil && i < 0 {
		err = gatehouse.ErrNotFound
	}
	if err != nil {
		return n, err
	}
	n.Platform = all[i]
	n.Closed = gatehouse.ClosedTo(n.Platform.Application, n.Platform.Said, u.Role)
	if n.Closed == "" || n.Closed == gatehouse.ClosedBySite {
		return n, nil
	}
	n.Self = u.Role == gatehouse.RoleAdmin
	n.Administrators, err = q.Administrators(ctx, u.SiteID, u.CompanyID, u.ID, mostAdministrators)
	return n, err
}

// ReasonAskedOften: the caller has asked for access to many platforms.
const ReasonAskedOften = "asked-often"

// AskAccess asks the company's administrators for access to a platform: by mail, and on the page
// of the company's platforms. Asking again before they have answered changes nothing. Closed is
// empty if the caller has access by now.
//
// Errors: NotFound; Conflict if nobody can be asked; TooMany with ReasonAskedOften; Unavailable.
func (s *Service) AskAccess(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) (n NoAccess, err error) {
	n, err = s.NoAccess(ctx, st, c, id)
	if err != nil || n.Closed == "" || !n.Platform.AskedAt.IsZero() {
		return n, err
	}
	limits := []store.Limit{{Key: st.ID + ":access-request:" + c.UserID, Every: 12 * time.Hour, Burst: 5},
		{Key: st.ID + ":access-requests:" + c.CompanyID, Every: time.Minute, Burst: 50}}
	wait, err := s.DoAllowed(ctx, st, c, limits, func(tx *act.Unit) error {
		u, err := own(tx)
		if err != nil {
			return err
		}
		if n, err = noAccess(tx, tx.Queries, u, id); err != nil || n.Closed == "" {
			return err
		}
		if !n.MayAsk() {
			return &gatehouse.Error{Kind: gatehouse.Conflict, Reason: "nobody-to-ask"}
		}
		return s.askAdministrators(tx, u, n)
	})
	if err == nil && wait > 0 {
		err = &gatehouse.Error{Kind: gatehouse.TooMany, Reason: ReasonAskedOften, RetryAfter: wait}
	}
	return n, err
}

func (s *Service) askAdministrators(tx *act.Unit, u gatehouse.User, n NoAccess) error {
	first, err := tx.InsertAccessRequest(tx, u, n.Platform.ID, tx.Now())
	if err != nil || !first {
		return err
	}
	for _, to := range n.Administrators {
		msg := mail.AccessRequest{Name: u.DisplayName(), Username: u.Username, Platform: n.Platform.Name, At: tx.Now()}
		if err := tx.Tell(to, msg); err != nil {
			return err
		}
	}
	return tx.Record(u, gatehouse.EventAccessAsked, gatehouse.ResultOK, aboutPlatform(n.Platform))
}

func aboutPlatform(p store.Platform) map[string]string {
	return map[string]string{"application": p.ID, "name": p.Name}
}

// Platforms returns the platforms of the site from the caller's view: those that the caller may
// reach, and the others.
//
// Errors: Forbidden, Unavailable.
func (s *Service) Platforms(ctx context.Context, st *site.Site, c gatehouse.Caller) (open, closed []store.Platform, err error) {
	if !isOwn(st, c) {
		return nil, nil, errForbidden
	}
	all, err := s.Store.Read().Platforms(ctx, st.ID, c.CompanyID, c.UserID)
	for _, p := range all {
		switch gatehouse.ClosedTo(p.Application, p.Said, c.Role) {
		case "":
			open = append(open, p)
		case gatehouse.ClosedBySite: // it is not for the caller, and nobody can be asked
		default:
			closed = append(closed, p)
		}
	}
	return open, closed, err
}

// RemoveAccess removes a platform's access to the caller: its tokens end, in all sessions, it is
// notified to end its own sessions, and the caller's consent is deleted. It does not close the
// platform: when the caller opens it again, it starts again. Removing twice is no error.
//
// Errors: NotFound, Forbidden, Unavailable.
func (s *Service) RemoveAccess(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) error {
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		u, err := own(tx)
		if err != nil {
			return err
		}
		a, err := tx.Application(tx, st.ID, id)
		if err != nil {
			return err
		}
		g, err := tx.Grant(tx, st.ID, u.ID, id)
		if err != nil || g.FirstAt.IsZero() {
			return err
		}
		return errors.Join(
			tx.DropGrant(tx, st.ID, u.ID, id),
			tx.EndLoginsOf(tx, st.ID, u.ID, id, tx.Now()), // first: an exchange holds the access, then the family
			tx.EndFamiliesOf(tx, st.ID, u.ID, id, gatehouse.AccessRemoved, tx.Now()),
			tx.Record(u, gatehouse.EventAccessRemoved, gatehouse.ResultOK, aboutPlatform(store.Platform{Application: a})))
	})
}
