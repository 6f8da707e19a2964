package directory

import (
	"context"
	"errors"
	"slices"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// ReasonReachUnknown: it is not among the choices for the application.
const ReasonReachUnknown = "reach-unknown"

// Platform is an application from the view of a company.
type Platform = store.Platform

// Platforms are the applications of a site from the view of a company.
type Platforms struct {
	All []store.Platform
	// Requests are those of users waiting for access, the oldest first.
	Requests []Request
}

// Request is a user waiting for access to a platform.
type Request struct {
	store.AccessRequest
	Platform store.Platform
	// To is who can reach the platform if the request is allowed.
	To gatehouse.Reach
}

// mostRequests is how many requests a company sees at a time.
const mostRequests = 100

// Platforms returns which applications there are for a company's users, and who is waiting for
// access (B17).
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) Platforms(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID string) (out Platforms, err error) {
	q := s.Store.Read()
	if _, err = company(ctx, q, st, c, companyID); err != nil {
		return out, err
	}
	if out.All, err = q.Platforms(ctx, st.ID, companyID, ""); err != nil {
		return out, err
	}
	all, err := q.AccessRequests(ctx, st.ID, companyID, mostRequests)
	for _, r := range all {
		i := slices.IndexFunc(out.All, func(p store.Platform) bool { return p.ID == r.ApplicationID })
		if i >= 0 && waits(out.All[i], r) {
			p := out.All[i]
			out.Requests = append(out.Requests, Request{r, p, p.Reach(p.Said).Widened(r.User.Role)})
		}
	}
	return out, err
}

// waits reports whether a request is one that the company's administrators can act on.
func waits(p store.Platform, r store.AccessRequest) bool {
	closed := gatehouse.ClosedTo(p.Application, p.Said, r.User.Role)
	return closed != "" && closed != gatehouse.ClosedBySite
}

// ReachHistory returns the changes of what a company's users may reach, newest first; those before
// the event with this ID.
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) ReachHistory(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID, before string, limit int) ([]gatehouse.Event, error) {
	q := s.Store.Read()
	if _, err := company(ctx, q, st, c, companyID); err != nil {
		return nil, err
	}
	return q.ReachEvents(ctx, st.ID, companyID, before, limit)
}

// SetReach sets which of a company's users may reach an application. Removing access ends tokens
// at once, because they are checked at each use, and the application is notified that these users'
// sessions have ended. Users who were waiting for what is granted now are notified.
//
// Errors: Forbidden, NotFound, Invalid with ReasonReachUnknown, Unavailable.
func (s *Service) SetReach(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID, applicationID string, to gatehouse.Reach) error {
	if err := knock(st, c); err != nil {
		return err
	}
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		firm, err := company(tx, tx.Queries, st, c, companyID)
		if err != nil {
			return err
		}
		p, err := platform(tx, firm.ID, applicationID)
		if err != nil {
			return err
		}
		return s.setReach(tx, firm, p, to)
	})
}

// platform returns an active application from the view of a company.
func platform(tx *act.Unit, companyID, id string) (p store.Platform, err error) {
	if p.Application, err = tx.Application(tx, tx.Site.ID, id); err != nil {
		return p, err
	}
	if !p.Usable() {
		return p, gatehouse.ErrNotFound
	}
	p.Said, err = tx.Reach(tx, tx.Site.ID, companyID, id)
	return p, err
}

func (s *Service) setReach(tx *act.Unit, firm gatehouse.Company, p store.Platform, to gatehouse.Reach) error {
	if !slices.Contains(p.Offered(), to) {
		return &gatehouse.Error{Kind: gatehouse.Invalid, Reason: ReasonReachUnknown}
	}
	was := p.Reach(p.Said)
	if was == to {
		return nil
	}
	if err := tx.PutReach(tx, tx.Site.ID, firm.ID, p.ID, to); err != nil {
		return err
	}
	p.Said = to
	if err := tx.EndClosedLogins(tx, p.Application, firm.ID, tx.Now()); err != nil {
		return err
	}
	err := tx.Record(gatehouse.User{SiteID: firm.SiteID, CompanyID: firm.ID}, gatehouse.EventReachChanged, gatehouse.ResultOK,
		map[string]string{"application": p.ID, "name": p.Name, "reach": string(to), "before": string(was)})
	if err != nil {
		return err
	}
	waiting, err := tx.AccessRequests(tx, tx.Site.ID, firm.ID, mostRequests)
	for _, r := range waiting {
		if err == nil && r.ApplicationID == p.ID && !waits(p, r) {
			err = s.answer(tx, r, p, true)
		}
	}
	return err
}

// AnswerAccess answers the request of a user waiting for access: the platform is opened to
// everybody in the user's role, or the user is told that it is not. Answering twice is no error:
// somebody else did it a moment ago.
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) AnswerAccess(ctx context.Context, st *site.Site, c gatehouse.Caller, userID, applicationID string, allow bool) error {
	if err := knock(st, c); err != nil {
		return err
	}
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		u, err := user(tx, tx.Queries, st, c, userID)
		if err != nil {
			return err
		}
		firm, err := tx.Company(tx, st.ID, u.CompanyID)
		if err != nil {
			return err
		}
		p, err := platform(tx, firm.ID, applicationID)
		if err != nil {
			return err
		}
		if allow {
			if !p.ForRole(u.Role) {
				return gatehouse.ErrNotFound
			}
			return s.setReach(tx, firm, p, p.Reach(p.Said).Widened(u.Role))
		}
		return s.answer(tx, store.AccessRequest{ApplicationID: p.ID, User: u}, p, false)
	})
}

// answer ends a request, and notifies the user.
func (s *Service) answer(tx *act.Unit, r store.AccessRequest, p store.Platform, allowed bool) error {
	there, err := tx.DropAccessRequest(tx, tx.Site.ID, r.User.ID, p.ID)
	if err != nil || !there {
		return err
	}
	kind := gatehouse.EventAccessDeclined
	if allowed {
		kind = gatehouse.EventAccessAllowed
	}
	admin, err := administrator(tx)
	if err != nil {
		return err
	}
	msg := mail.AccessAnswer{Username: r.User.Username, Platform: p.Name, Allowed: allowed, At: tx.Now()}
	if admin.ID != "" {
		msg.By = admin.DisplayName()
	}
	return errors.Join(
		tx.Record(r.User, kind, gatehouse.ResultOK, map[string]string{"application": p.ID, "name": p.Name}),
		tx.Tell(r.User, msg))
}
