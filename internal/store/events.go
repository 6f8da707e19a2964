package store

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"gatehouse"
)

const eventColumns = `site_id, id, company_id, user_id, at, kind, result, actor_kind, actor_id, actor_name,
	address, user_agent, reference, detail`

// InsertEvent adds a line to the event log.
func (q Queries) InsertEvent(ctx context.Context, e gatehouse.Event) error {
	values, err := eventValues(e)
	if err != nil {
		return err
	}
	if err := q.later(ctx, "insert event", insertEvents().one, values...); err != nil {
		return err
	}
	return q.countSignIn(ctx, e)
}

var insertEvents = insertion("events", eventColumns)

// InsertEvents is InsertEvent for many.
func (q Queries) InsertEvents(ctx context.Context, events []gatehouse.Event) (err error) {
	rows := make([][]any, len(events))
	for i, e := range events {
		if rows[i], err = eventValues(e); err != nil {
			return err
		}
	}
	if err := q.insertRows(ctx, insertEvents, rows); err != nil {
		return err
	}
	for _, e := range events {
		if err := q.countSignIn(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// eventValues are an event's columns, in the order of eventColumns.
func eventValues(e gatehouse.Event) ([]any, error) {
	detail := ""
	if len(e.Detail) > 0 {
		text, err := json.Marshal(e.Detail)
		if err != nil {
			return nil, err
		}
		detail = string(text)
	}
	return []any{e.SiteID, e.ID, e.CompanyID, e.UserID, micros(e.At), string(e.Kind), string(e.Result), string(e.ActorKind),
		e.ActorID, e.ActorName, e.IPAddress, e.UserAgent, e.Reference, detail}, nil
}

// EventsOfUser returns the newest events about a user, newest first.
func (q Queries) EventsOfUser(ctx context.Context, siteID, userID string, limit int) ([]gatehouse.Event, error) {
	return q.events(ctx, `SELECT `+eventColumns+` FROM events WHERE site_id = $1 AND user_id = $2
		ORDER BY id DESC LIMIT $3`, siteID, userID, limit)
}

// EventPage selects events of a user.
type EventPage struct {
	// Kinds are the wanted ones; empty: every kind.
	Kinds   []gatehouse.EventKind
	Results EventResults
	// Before is the ID of an event: only older ones; empty: from the newest.
	Before string
	Limit  int
}

// EventResults selects events by their result.
type EventResults int

// The choices of results.
const (
	AnyResult EventResults = iota
	OnlyOK
	NotOK
)

// ResultsOf are the results that a filter names, one of gatehouse.ActivityResults; anything else means any.
func ResultsOf(filter string) EventResults {
	switch filter {
	case string(gatehouse.ResultOK):
		return OnlyOK
	case gatehouse.EventsNotOK:
		return NotOK
	}
	return AnyResult
}

// EventPageOfUser returns events about a user, newest first: lists are paged by key.
func (q Queries) EventPageOfUser(ctx context.Context, siteID, userID string, p EventPage) ([]gatehouse.Event, error) {
	text := `SELECT ` + eventColumns + ` FROM events WHERE site_id = $1 AND user_id = $2`
	args := []any{siteID, userID}
	add := func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(len(args))
	}
	if p.Before != "" {
		text += ` AND id < ` + add(p.Before)
	}
	text += eventsOf(p.Kinds, p.Results, add)
	return q.events(ctx, text+` ORDER BY id DESC LIMIT `+add(p.Limit), args...)
}

// eventsOf is the condition for events of these kinds, or of all if there are none, with these results.
func eventsOf(kinds []gatehouse.EventKind, results EventResults, add func(any) string) (text string) {
	if len(kinds) > 0 {
		list := make([]string, len(kinds))
		for i, k := range kinds {
			list[i] = add(string(k))
		}
		text = ` AND kind IN (` + strings.Join(list, ", ") + `)`
	}
	switch results {
	case OnlyOK:
		text += ` AND result = ` + add(string(gatehouse.ResultOK))
	case NotOK:
		text += ` AND result <> ` + add(string(gatehouse.ResultOK))
	}
	return text
}

// EventOfUser returns an event about a user.
func (q Queries) EventOfUser(ctx context.Context, siteID, userID, id string) (gatehouse.Event, error) {
	return theEvent(q.events(ctx, `SELECT `+eventColumns+` FROM events WHERE site_id = $1 AND user_id = $2 AND id = $3`, siteID, userID, id))
}

// EventsByReference returns the events of one request, for support (C12).
func (q Queries) EventsByReference(ctx context.Context, reference string) ([]gatehouse.Event, error) {
	return q.events(ctx, `SELECT `+eventColumns+` FROM events WHERE reference = $1 AND reference <> '' ORDER BY id`, reference)
}

func (q Queries) events(ctx context.Context, text string, args ...any) ([]gatehouse.Event, error) {
	var all []gatehouse.Event
	err := q.all(ctx, "events", text, args, func(scan func(...any) error) error {
		var e gatehouse.Event
		var detail string
		err := scan(&e.SiteID, &e.ID, &e.CompanyID, &e.UserID, when{&e.At}, &e.Kind, &e.Result, &e.ActorKind,
			&e.ActorID, &e.ActorName, &e.IPAddress, &e.UserAgent, &e.Reference, &detail)
		if err == nil && detail != "" {
			err = json.Unmarshal([]byte(detail), &e.Detail)
		}
		all = append(all, e)
		return err
	})
	return all, err
}
