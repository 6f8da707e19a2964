package store

import (
	"context"
	"encoding/json"

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
	_, err = q.exec(ctx, "insert event", insertEventText, values...)
	return err
}

const insertEventText = `INSERT INTO events (` + eventColumns + `)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`

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
		e.ActorID, e.ActorName, e.Address, e.UserAgent, e.Reference, detail}, nil
}

// EventsOfUser returns the newest events about a user, newest first.
func (q Queries) EventsOfUser(ctx context.Context, siteID, userID string, limit int) ([]gatehouse.Event, error) {
	return q.events(ctx, `SELECT `+eventColumns+` FROM events WHERE site_id = $1 AND user_id = $2
		ORDER BY id DESC LIMIT $3`, siteID, userID, limit)
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
			&e.ActorID, &e.ActorName, &e.Address, &e.UserAgent, &e.Reference, &detail)
		if err == nil && detail != "" {
			err = json.Unmarshal([]byte(detail), &e.Detail)
		}
		all = append(all, e)
		return err
	})
	return all, err
}
