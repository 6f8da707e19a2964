package directory

import (
	"context"
	"slices"
	"time"

	"gatehouse"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Standing is whether a user can sign in, and what an administrator has to know about it.
type Standing struct {
	// Barriers are what keeps the user out, the most serious first.
	Barriers []gatehouse.Barrier
	// From are the addresses that the wrong passwords behind a lock came from, the last one first;
	// none if there is no such lock.
	From []string
	// Lock is the event of the current lock, if known.
	Lock gatehouse.Event
	// End is the event of the deactivation, if known.
	End gatehouse.Event
	// SharedAt is when the user said that others use the sign-in, too (A04); zero: the user did
	// not, or it is not known when.
	SharedAt time.Time
	// Shared: that was the last answer.
	Shared bool
}

// Standing returns what keeps a user from signing in (A08, A09).
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) Standing(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) (Standing, error) {
	q := s.Store.Read()
	u, err := user(ctx, q, st, c, id)
	if err != nil {
		return Standing{}, err
	}
	f, err := s.barrierFacts(ctx, q, st, u)
	if err != nil {
		return Standing{}, err
	}
	how := Standing{Barriers: gatehouse.Barriers(st.Policy, f, s.Now()), Shared: u.SoleUserFor != "" && !u.SoleUser}
	if how.Shared {
		answer, err := newestEvent(ctx, q, u, gatehouse.EventSoleUser)
		if err != nil {
			return how, err
		}
		how.SharedAt = answer.At
	}
	if u.State == gatehouse.Deactivated {
		if how.End, err = newestEvent(ctx, q, u, gatehouse.EventUserDeactivated); err != nil {
			return how, err
		}
		how.since(gatehouse.BarrierDeactivated, how.End.At)
	}
	return how, s.behindLock(ctx, q, u, &how)
}

// since sets when a barrier began, if only the event log knows.
func (how *Standing) since(kind gatehouse.BarrierKind, at time.Time) {
	for i := range how.Barriers {
		if how.Barriers[i].Kind == kind {
			how.Barriers[i].Since = at
		}
	}
}

func (s *Service) barrierFacts(ctx context.Context, q store.Queries, st *site.Site, u gatehouse.User) (f gatehouse.BarrierFacts, err error) {
	now := s.Now()
	firm, err := q.Company(ctx, st.ID, u.CompanyID)
	if err != nil {
		return f, err
	}
	browsers, err := q.DevicesOf(ctx, st.ID, u.ID, now.Add(-gatehouse.DeviceKnownFor))
	if err != nil {
		return f, err
	}
	wrong, err := q.AttemptsOf(ctx, st.ID, u.ID)
	if err != nil {
		return f, err
	}
	answers, err := q.AttemptsOf(ctx, st.ID, gatehouse.AnswerSubject(u.ID))
	return gatehouse.BarrierFacts{User: u, Reachable: reachable(u), CodeAsked: gatehouse.RulesFor(st.Site, firm.Rule()).On() || u.WantsTwoFactor(),
		Devices: len(browsers), Strangers: wrong[""], Answers: answers[""]}, err
}

// lockedByGuesses are the barriers caused by wrong passwords.
var lockedByGuesses = []gatehouse.BarrierKind{gatehouse.BarrierTotal, gatehouse.BarrierAttempts, gatehouse.BarrierEverywhere, gatehouse.BarrierStrangers}

// This many attempts are checked, and this many addresses named; and how far back a row of wrong
// ones may go.
const (
	guessesSeen = 50
	placesNamed = 5
	guessesOf   = 24 * time.Hour
)

// behindLock finds what led to the current lock: on which device, from where.
func (s *Service) behindLock(ctx context.Context, q store.Queries, u gatehouse.User, how *Standing) error {
	i := slices.IndexFunc(how.Barriers, func(b gatehouse.Barrier) bool { return slices.Contains(lockedByGuesses, b.Kind) })
	if i < 0 {
		return nil
	}
	since := how.Barriers[i].Since
	lock, err := newestEvent(ctx, q, u, gatehouse.EventLocked)
	if err != nil {
		return err
	}
	if lock.At.Sub(since).Abs() < time.Minute { // not that of an earlier lock
		how.Lock = lock
	}
	wrong, err := q.EventPageOfUser(ctx, u.SiteID, u.ID, store.EventPage{
		Kinds: []gatehouse.EventKind{gatehouse.EventSignIn}, Results: store.NotOK, Limit: guessesSeen})
	for _, e := range wrong {
		guess := e.Result == gatehouse.ResultWrong || e.Result == gatehouse.ResultLocked
		if guess && e.IPAddress != "" && e.At.After(since.Add(-guessesOf)) && !slices.Contains(how.From, e.IPAddress) && len(how.From) < placesNamed {
			how.From = append(how.From, e.IPAddress)
		}
	}
	return err
}

// newestEvent returns the newest event of a kind about a user; a zero one if there is none.
func newestEvent(ctx context.Context, q store.Queries, u gatehouse.User, kind gatehouse.EventKind) (gatehouse.Event, error) {
	all, err := q.EventPageOfUser(ctx, u.SiteID, u.ID, store.EventPage{Kinds: []gatehouse.EventKind{kind}, Results: store.OnlyOK, Limit: 1})
	if err != nil || len(all) == 0 {
		return gatehouse.Event{}, err
	}
	return all[0], nil
}
