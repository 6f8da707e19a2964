package signin

import (
	"context"
	"slices"
	"time"

	"gatehouse"
)

// Home is what the home page shows about an account.
type Home struct {
	// LastSignIn is the sign-in before this session's, and where it came from; zero if this
	// session's is the first.
	LastSignIn time.Time
	LastIP     string
	// Sessions is how many browsers are signed in, including this one.
	Sessions int
	Events   []gatehouse.Event
}

// eventsForLastSignIn is how many events to search for the previous sign-in.
const eventsForLastSignIn = 100

// Home returns the newest events of a session's user and what they show.
func (s *Service) Home(ctx context.Context, ses gatehouse.Session, events int) (Home, error) {
	q := s.Store.Read()
	all, err := q.EventsOfUser(ctx, ses.SiteID, ses.UserID, eventsForLastSignIn)
	if err != nil {
		return Home{}, err
	}
	var h Home
	for _, e := range all {
		if e.SignedIn() && e.At.Before(ses.CreatedAt) {
			h.LastSignIn, h.LastIP = e.At, e.IPAddress
			break
		}
	}
	all = slices.DeleteFunc(all, func(e gatehouse.Event) bool { return e.Kind == gatehouse.EventSessionBound }) // it follows each sign-in
	h.Events = all[:min(events, len(all))]
	h.Sessions, err = q.CountSessionsOf(ctx, ses.SiteID, ses.UserID, s.Now())
	return h, err
}
