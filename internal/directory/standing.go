package directory

import (
	"context"
	"slices"
	"time"

	"gatehouse"
	"gatehouse/internal/mail"
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
	// End is the event of the deactivation or deletion, if known.
	End gatehouse.Event
	// CodeReply is what the mail server said about the last code, if that failed.
	CodeReply string
	// WrongToday is how many wrong passwords were entered today.
	WrongToday int
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
	u, err := user(ctx, q, st, c.For(gatehouse.OperatorSee), id)
	if err != nil {
		return Standing{}, err
	}
	f, err := s.barrierFacts(ctx, q, st, u)
	if err != nil {
		return Standing{}, err
	}
	code, err := failedCode(ctx, q, u)
	if err != nil {
		return Standing{}, err
	}
	f.CodeReturned = code.DoneAt
	how := Standing{Barriers: gatehouse.Barriers(st.Policy, f, s.Now()), CodeReply: code.Reply, WrongToday: f.WrongToday, Shared: u.SoleUserFor != "" && !u.SoleUser}
	if how.Shared {
		answer, err := newestEvent(ctx, q, u, gatehouse.EventSoleUser)
		if err != nil {
			return how, err
		}
		how.SharedAt = answer.At
	}
	if u.State == gatehouse.Deactivated {
		kind := gatehouse.EventUserDeactivated
		if u.Deleted() {
			kind = gatehouse.EventUserDeleted
		}
		if how.End, err = newestEvent(ctx, q, u, kind); err != nil {
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
	if err != nil {
		return f, err
	}
	rules := gatehouse.RulesFor(st.Site, firm.Rule())
	need := rules.At(now)
	f = gatehouse.BarrierFacts{User: u, Policy: firm.Policy, Reachable: reachable(u), CodeAsked: rules.On() || u.WantsTwoFactor(),
		Devices: len(browsers), Strangers: wrong[""], Answers: answers[""],
		TermsDue: gatehouse.TermsDue(st.Site, u), FactorDue: need.OwnFactor() && !need.MetBy(u)}
	f.WrongToday, f.WrongAt, err = s.wrongToday(ctx, q, ZoneOf(st, firm), u)
	return f, err
}

// wrongToday counts the wrong passwords since midnight, and since the last unlock.
func (s *Service) wrongToday(ctx context.Context, q store.Queries, zone *time.Location, u gatehouse.User) (n int, last time.Time, err error) {
	now := s.Now().In(zone)
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, zone)
	newest, err := q.EventPageOfUser(ctx, u.SiteID, u.ID, store.EventPage{
		Kinds: []gatehouse.EventKind{gatehouse.EventSignIn, gatehouse.EventUnlocked}, Limit: guessesSeen})
	for _, e := range newest {
		if e.Kind == gatehouse.EventUnlocked || e.At.Before(midnight) {
			break
		}
		if e.Result == gatehouse.ResultWrong {
			if n++; e.At.After(last) {
				last = e.At
			}
		}
	}
	return n, last, err
}

// codesSeen is among how many of a user's newest messages the last code is looked for.
const codesSeen = 20

// failedCode returns the last code mailed to a user if it failed for good; a zero Message: it did
// not, or there was none.
func failedCode(ctx context.Context, q store.Queries, u gatehouse.User) (Message, error) {
	all, err := q.MessagesOfUser(ctx, u.SiteID, u.ID, "", codesSeen)
	for _, m := range all {
		if m.Kind != (mail.VerificationCode{}).Kind() {
			continue
		}
		if m.State == store.MessageRefused || m.State == store.MessageBounced {
			return m, err
		}
		break
	}
	return Message{}, err
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
