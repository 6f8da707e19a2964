package account

import (
	"context"
	"slices"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// ActivityFilter selects events.
type ActivityFilter struct {
	// Topic is one of gatehouse.ActivityTopics; any other value means all.
	Topic gatehouse.ActivityTopic
	// Result is one of gatehouse.ActivityResults; any other value means both.
	Result string
	// Before is the ID of the last event of the previous page.
	Before string
}

// activityPage is how many events a page has.
const activityPage = 25

// Activity is a page of the events about a user.
type Activity struct {
	// Events are in order, newest first. Those caused by somebody else show who did it (ActorName
	// is an administrator's name), but not from where, which is private.
	Events []gatehouse.Event
	// Own is the ID of the sign-in that the caller's session began with; empty if unknown.
	Own string
	// Next is the Before of the next page; empty on the last one.
	Next string
}

// Activity returns what happened with the caller's account (C09). here is the caller's session.
func (s *Service) Activity(ctx context.Context, st *site.Site, c gatehouse.Caller, here gatehouse.Session, f ActivityFilter) (Activity, error) {
	if !isOwn(st, c) {
		return Activity{}, errForbidden
	}
	q := s.Store.Read()
	events, err := q.EventPageOfUser(ctx, st.ID, c.UserID, f.page())
	if err != nil {
		return Activity{}, err
	}
	a := Activity{Events: events}
	if len(events) > activityPage {
		a.Events = events[:activityPage]
		a.Next = a.Events[activityPage-1].ID
	}
	names := actorNames{q: q, caller: c, known: map[string]string{}}
	for i := range a.Events {
		if err := names.discreet(ctx, &a.Events[i]); err != nil {
			return Activity{}, err
		}
	}
	a.Own, err = ownSignIn(ctx, q, here)
	return a, err
}

// page is the store's query; one extra event shows whether there is a next page.
func (f ActivityFilter) page() store.EventPage {
	p := store.EventPage{Kinds: f.Topic.Kinds(), Results: store.ResultsOf(f.Result), Limit: activityPage + 1}
	if rowID.MatchString(f.Before) {
		p.Before = f.Before
	}
	return p
}

// actorNames looks up who did things, each user once.
type actorNames struct {
	q      store.Queries
	caller gatehouse.Caller
	known  map[string]string
}

// discreet removes from an event what its owner must not see: references, and the addresses and
// devices of administrators and operators.
func (n actorNames) discreet(ctx context.Context, e *gatehouse.Event) error {
	e.Reference = ""
	if !e.ByOther() {
		return nil
	}
	e.IPAddress, e.UserAgent, e.ActorName = "", "", ""
	if e.ActorKind != gatehouse.SignedIn {
		return nil
	}
	name, known := n.known[e.ActorID]
	if !known {
		u, err := n.q.User(ctx, e.SiteID, e.ActorID)
		if err != nil && gatehouse.KindOf(err) != gatehouse.NotFound {
			return err
		}
		if err == nil && u.CompanyID == n.caller.CompanyID {
			name = u.DisplayName()
		}
		n.known[e.ActorID] = name
	}
	e.ActorName = name
	return nil
}

// ownSignIn finds the sign-in that a session began with: its event was written right after the
// session was made, in the same transaction. IDs sort by time, and those of one moment by their
// creation.
func ownSignIn(ctx context.Context, q store.Queries, here gatehouse.Session) (string, error) {
	events, err := q.EventPageOfUser(ctx, here.SiteID, here.UserID, store.EventPage{
		Kinds: []gatehouse.EventKind{gatehouse.EventSignIn, gatehouse.EventSignInDone}, Results: store.OnlyOK,
		Before: store.NewID("evt", here.CreatedAt.Add(time.Second)), Limit: eventsForOwnSignIn,
	})
	if err != nil {
		return "", err
	}
	for _, e := range slices.Backward(events) {
		after := strings.TrimPrefix(e.ID, "evt_") > strings.TrimPrefix(here.ID, "ses_")
		if after && e.SignedIn() && e.IPAddress == here.IPAddress && e.UserAgent == here.UserAgent {
			return e.ID, nil
		}
	}
	return "", nil
}

// eventsForOwnSignIn is how many sign-ins of one second are searched.
const eventsForOwnSignIn = 20

// ReasonOwnSignIn: the event is the sign-in that the caller is using. Kind Conflict.
const ReasonOwnSignIn = "own-sign-in"

// disowned returns an event that its owner may disown; here is the current session.
func disowned(ctx context.Context, q store.Queries, here gatehouse.Session, id string) (gatehouse.Event, error) {
	if !rowID.MatchString(id) {
		return gatehouse.Event{}, gatehouse.ErrNotFound
	}
	e, err := q.EventOfUser(ctx, here.SiteID, here.UserID, id)
	if err != nil {
		return gatehouse.Event{}, err
	}
	if !e.Disownable() {
		return gatehouse.Event{}, gatehouse.ErrNotFound
	}
	ownID, err := ownSignIn(ctx, q, here)
	if err == nil && ownID == id {
		err = &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonOwnSignIn}
	}
	return e, err
}

// AskNotMe returns the event that NotMe would be about, and changes nothing. Its errors are those
// of NotMe.
func (s *Service) AskNotMe(ctx context.Context, st *site.Site, c gatehouse.Caller, here gatehouse.Session, id string) (gatehouse.Event, error) {
	if !isOwn(st, c) {
		return gatehouse.Event{}, errForbidden
	}
	q := s.Store.Read()
	e, err := disowned(ctx, q, here, id)
	if err != nil {
		return gatehouse.Event{}, err
	}
	return e, actorNames{q: q, caller: c, known: map[string]string{}}.discreet(ctx, &e)
}

// NotMe ends everything that is open for the caller except the caller's session, because the
// caller does not recognise an event (C09): sessions, unfinished sign-ins, recoveries, a waiting
// change of address, and what other devices may try.
//
// Errors: NotFound if it is not the caller's or cannot be disowned; Conflict with ReasonOwnSignIn;
// Unauthenticated if the session has ended; Unavailable.
func (s *Service) NotMe(ctx context.Context, st *site.Site, c gatehouse.Caller, here gatehouse.Session, id string) error {
	return s.inSession(ctx, st, c, here, func(tx *act.Unit, u gatehouse.User) error {
		if _, err := disowned(tx, tx.Queries, here, id); err != nil {
			return err
		}
		ended, err := tx.End(u, gatehouse.Disowned, gatehouse.Kept{Session: here.ID, Device: here.DeviceID})
		if err != nil {
			return err
		}
		detail := endings("others", ended...)
		detail["event"] = id
		return tx.Record(u, gatehouse.EventNotMe, gatehouse.ResultOK, detail)
	})
}
