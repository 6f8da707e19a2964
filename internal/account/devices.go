package account

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Devices are where a user is signed in, and which other devices know the account.
type Devices struct {
	// Sessions are the live ones, the caller's own first, then the last used.
	Sessions []gatehouse.Session
	// SignedOut are the devices that have signed in before and are not signed in now.
	SignedOut []gatehouse.Device
	// Trusted are until when devices are not asked for a code, by their IDs.
	Trusted map[string]time.Time
}

// mostSessions is how many sessions are listed. A user who has more can still end all of them.
const mostSessions = 1000

// Devices returns where the caller is signed in (A10, B08). here is the caller's session.
func (s *Service) Devices(ctx context.Context, st *site.Site, c gatehouse.Caller, here gatehouse.Session) (Devices, error) {
	if !isOwn(st, c) {
		return Devices{}, errForbidden
	}
	now, q := s.Now(), s.Store.Read()
	sessions, err := q.SessionsOf(ctx, st.ID, c.UserID, now, mostSessions)
	if err != nil {
		return Devices{}, err
	}
	browsers, err := q.DevicesOf(ctx, st.ID, c.UserID, now.Add(-gatehouse.DeviceKnownFor))
	if err != nil {
		return Devices{}, err
	}
	firm, err := q.Company(ctx, st.ID, here.CompanyID)
	if err != nil {
		return Devices{}, err
	}
	d := Devices{Sessions: []gatehouse.Session{here}, Trusted: s.trustedAmong(st, firm, browsers)}
	limits := st.Policy.For(firm.Policy).Session
	signedIn := map[string]bool{here.DeviceID: true}
	for _, ses := range sessions {
		if ses.ID != here.ID && limits.Alive(ses.CreatedAt, ses.SeenAt, now) {
			d.Sessions = append(d.Sessions, ses)
			signedIn[ses.DeviceID] = true
		}
	}
	d.SignedOut = slices.DeleteFunc(browsers, func(b gatehouse.Device) bool { return signedIn[b.ID] })
	return d, nil
}

// rowID is the form of an ID. Anything else does not exist, and need not be looked up in the
// database.
var rowID = regexp.MustCompile(`^[a-z]{3}_[0-9a-f]{32}$`)

// RemoveDevice ends a session of the caller, or forgets a device of the caller and ends its
// sessions; id says which. Removing twice is no error.
//
// Errors: NotFound if it is not the caller's, and for the current session and device;
// Unauthenticated if that session has ended; Unavailable.
func (s *Service) RemoveDevice(ctx context.Context, st *site.Site, c gatehouse.Caller, here gatehouse.Session, id string) error {
	if !rowID.MatchString(id) {
		return gatehouse.ErrNotFound
	}
	return s.inSession(ctx, st, c, here, func(tx *act.Unit, u gatehouse.User) error {
		switch {
		case id == here.ID, id == here.DeviceID:
			return gatehouse.ErrNotFound
		case strings.HasPrefix(id, "dev_"):
			return s.removeDevice(tx, u, id)
		}
		return s.endSession(tx, u, id)
	})
}

// inSession runs a transaction with the caller's account held, in which the caller's session still
// exists: of two sessions that end each other at the same moment, one is left.
func (s *Service) inSession(ctx context.Context, st *site.Site, c gatehouse.Caller, here gatehouse.Session, fn func(*act.Unit, gatehouse.User) error) error {
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		u, err := own(tx)
		if err != nil {
			return err
		}
		has, err := tx.HasSession(tx, st.ID, u.ID, here.ID)
		if err != nil {
			return err
		}
		if !has {
			return errSessionOver
		}
		return fn(tx, u)
	})
}

var errSessionOver = &gatehouse.Error{Kind: gatehouse.Unauthenticated, Reason: "no-session"}

func (s *Service) endSession(tx *act.Unit, u gatehouse.User, id string) error {
	ended, err := tx.EndSession(tx, u.SiteID, u.ID, id, tx.Now())
	if err != nil {
		return err
	}
	if !ended {
		return endedBefore(tx, tx.Queries, u, id)
	}
	return tx.Record(u, gatehouse.EventSignOut, gatehouse.ResultOK, endings("one", id))
}

func (s *Service) removeDevice(tx *act.Unit, u gatehouse.User, id string) error {
	known, err := tx.ForgetDevice(tx, u.SiteID, u.ID, id)
	if err != nil {
		return err
	}
	if !known {
		return endedBefore(tx, tx.Queries, u, id)
	}
	sessions, err := tx.EndSessionsOfDevice(tx, u.SiteID, u.ID, id, tx.Now())
	if err != nil {
		return err
	}
	return tx.Record(u, gatehouse.EventDeviceRemoved, gatehouse.ResultOK, endings("one", append(sessions, id)...))
}

// endings returns what the event log keeps about what an owner has ended: one thing or all others,
// and the IDs.
func endings(scope string, ids ...string) map[string]string {
	return map[string]string{"by": "owner", "scope": scope, "ended": strings.Join(ids, " ")}
}

// eventsForEndings is how far back endedBefore looks.
const eventsForEndings = 100

// endedBefore returns nil if the event log says that the user has already ended it, in another tab
// or with another click. Anything else looks as if it had never existed: nobody learns whom it
// belongs or belonged to (invariant 6).
func endedBefore(ctx context.Context, q store.Queries, u gatehouse.User, id string) error {
	kinds := []gatehouse.EventKind{gatehouse.EventSignOut, gatehouse.EventDeviceRemoved, gatehouse.EventNotMe}
	events, err := q.EventPageOfUser(ctx, u.SiteID, u.ID, store.EventPage{Kinds: kinds, Limit: eventsForEndings})
	if err != nil {
		return err
	}
	for _, e := range events {
		if slices.Contains(strings.Fields(e.Detail["ended"]), id) {
			return nil
		}
	}
	return gatehouse.ErrNotFound
}

// SignOutElsewhere ends everything that is open for the caller except the caller's session, and
// makes all other devices strangers.
//
// Errors: Unauthenticated if that session has ended; Unavailable.
func (s *Service) SignOutElsewhere(ctx context.Context, st *site.Site, c gatehouse.Caller, here gatehouse.Session) error {
	return s.inSession(ctx, st, c, here, func(tx *act.Unit, u gatehouse.User) error {
		ended, err := tx.End(u, gatehouse.SignedOutElsewhere, gatehouse.Kept{Session: here.ID, Device: here.DeviceID})
		if err != nil {
			return err
		}
		return tx.Record(u, gatehouse.EventSignOut, gatehouse.ResultOK, endings("others", ended...))
	})
}
