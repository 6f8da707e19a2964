package directory

import (
	"context"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// UserLife is what happened with a user, and where the user is signed in.
type UserLife struct {
	// Sessions are the live ones, the last used first.
	Sessions []gatehouse.Session
	// Terms are what the user has accepted, newest first.
	Terms []gatehouse.Acceptance
	// Events are the newest ones, newest first. Next is the ID before which there are older ones;
	// empty: there are none.
	Events []gatehouse.Event
	Next   string
}

// mostSessions is how many sessions of a user are listed; all of them can be ended.
const mostSessions = 50

// Life returns what happened with a user, and where the user is signed in. Events are those before
// the one with the given ID, or the newest.
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) Life(ctx context.Context, st *site.Site, c gatehouse.Caller, id, before string, limit int) (life UserLife, err error) {
	q := s.Store.Read()
	u, err := user(ctx, q, st, c.For(gatehouse.OperatorSee), id)
	if err != nil {
		return life, err
	}
	firm, err := q.Company(ctx, st.ID, u.CompanyID)
	if err != nil {
		return life, err
	}
	now, limits := s.Now(), st.Policy.For(firm.Policy).Session
	sessions, err := q.SessionsOf(ctx, st.ID, id, now, mostSessions)
	if err != nil {
		return life, err
	}
	for _, ses := range sessions {
		if limits.Alive(ses.CreatedAt, ses.SeenAt, now) {
			life.Sessions = append(life.Sessions, ses)
		}
	}
	if life.Terms, err = q.Acceptances(ctx, st.ID, id); err != nil {
		return life, err
	}
	// One more than wanted shows whether there is a next page.
	life.Events, err = q.EventPageOfUser(ctx, st.ID, id, store.EventPage{Before: before, Limit: limit + 1})
	if len(life.Events) > limit {
		life.Events = life.Events[:limit]
		life.Next = life.Events[limit-1].ID
	}
	return life, err
}

// EndSession signs a user out in one session. A session that has ended is no error.
//
// Errors: Forbidden, NotFound, Conflict with ReasonOwnAccount, Unavailable.
func (s *Service) EndSession(ctx context.Context, st *site.Site, c gatehouse.Caller, id, session string) error {
	c = c.For(gatehouse.OperatorSignOut)
	if err := knock(st, c); err != nil {
		return err
	}
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		u, err := s.acting(tx, id)
		if err == nil {
			err = notOwn(c, u)
		}
		if err != nil {
			return err
		}
		ended, err := tx.EndSession(tx, st.ID, u.ID, session, tx.Now())
		if err != nil || !ended {
			return err
		}
		return tx.Record(u, gatehouse.EventSignOut, gatehouse.ResultOK, map[string]string{"scope": "one", "ended": session})
	})
}

// signOut ends everything that is open for a user, who may sign in again.
func (s *Service) signOut(tx *act.Unit, u gatehouse.User) error {
	if err := tx.EndAll(u, gatehouse.SignedOutElsewhere); err != nil {
		return err
	}
	return tx.Record(u, gatehouse.EventSignOut, gatehouse.ResultOK, map[string]string{"scope": "others"})
}

// LastChange returns the newest change of a user by somebody who manages the company; a zero event
// if there is none.
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) LastChange(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) (gatehouse.Event, error) {
	q := s.Store.Read()
	if _, err := user(ctx, q, st, c.For(gatehouse.OperatorSee), id); err != nil {
		return gatehouse.Event{}, err
	}
	all, err := q.EventPageOfUser(ctx, st.ID, id, store.EventPage{Kinds: changesSeen, Results: store.OnlyOK, Limit: 1})
	if err != nil || len(all) == 0 {
		return gatehouse.Event{}, err
	}
	return all[0], nil
}

// changesSeen are the changes that make another gatehouse.UserVersion.
var changesSeen = []gatehouse.EventKind{gatehouse.EventUserChanged, gatehouse.EventUserImported, gatehouse.EventUserDeactivated, gatehouse.EventUserActivated,
	gatehouse.EventUserDeleted, gatehouse.EventUserRestored, gatehouse.EventProfileChanged, gatehouse.EventEmailChanged, gatehouse.EventEmailUndone}
