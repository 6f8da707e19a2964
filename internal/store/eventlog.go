package store

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"gatehouse"
)

// FrequentEvents are the kinds that happen all day. There is no index for them, which would be written
// at every sign-in: they are found wherever one looks.
var FrequentEvents = []gatehouse.EventKind{gatehouse.EventSignIn, gatehouse.EventPasskey, gatehouse.EventCode, gatehouse.EventSignInDone, gatehouse.EventCodeSent,
	gatehouse.EventSignOut, gatehouse.EventSessionBound, gatehouse.EventProved, gatehouse.EventApplicationSignIn}

// EventSource is one of the indexes of the event log, and the events in it that belong together: the
// first of these that is not empty. Each has its events in order, so a search of any of them can begin
// anywhere.
type EventSource struct {
	Reference string
	// UserID, at SiteID, is whom they are about.
	UserID string
	// ActorID is who did it to somebody else, or to nobody.
	ActorID string
	Address string
	// CompanyID is the company at SiteID.
	CompanyID string
	// Kind is none of FrequentEvents.
	Kind gatehouse.EventKind
	// ActorKind is Operator or System.
	ActorKind gatehouse.CallerKind
	SiteID    string
}

// index is the index of the source: the column before the ID and its value, and what else the condition
// has. What partial indexes have is in it word by word, as the planners want it.
func (s EventSource) index(add func(any) string) (condition, column, value string) {
	atSite := func() string { return `site_id = ` + add(s.SiteID) }
	switch {
	case s.Reference != "":
		return `reference <> ''`, "reference", s.Reference
	case s.UserID != "":
		return atSite(), "user_id", s.UserID
	case s.ActorID != "":
		return `actor_id <> '' AND actor_id <> user_id`, "actor_id", s.ActorID
	case s.Address != "":
		return `address <> ''`, "address", s.Address
	case s.CompanyID != "":
		return atSite(), "company_id", s.CompanyID
	case s.Kind != "":
		return `kind NOT IN (` + frequentKinds + `)`, "kind", string(s.Kind)
	case s.ActorKind != "":
		return `actor_kind IN ('operator', 'system')`, "actor_kind", string(s.ActorKind)
	}
	return `1 = 1`, "site_id", s.SiteID
}

var frequentKinds = func() string {
	quoted := make([]string, len(FrequentEvents))
	for i, k := range FrequentEvents {
		quoted[i] = "'" + string(k) + "'"
	}
	return strings.Join(quoted, ", ")
}()

// EventWhere is what events have to be like. What is empty does not matter.
type EventWhere struct {
	SiteID    string
	Companies []string
	Users     []string
	Actors    []string
	ActorKind gatehouse.CallerKind
	// ActorName is that of who ran a command, who has no ID.
	ActorName string
	Kinds     []gatehouse.EventKind
	Results   EventResults
	Result    gatehouse.EventResult
	// Addresses are IP addresses, one of which it has to be; nil: any.
	Addresses []string
}

// conditions begins with AND; empty: every event fits.
func (w EventWhere) conditions(q Queries, add func(any) string) (text string) {
	for _, one := range []struct{ column, value string }{{"site_id", w.SiteID}, {"actor_kind", string(w.ActorKind)}, {"actor_name", w.ActorName}, {"result", string(w.Result)}} {
		if one.value != "" {
			text += ` AND ` + one.column + ` = ` + add(one.value)
		}
	}
	for _, one := range []struct {
		column string
		values []string
	}{{"company_id", w.Companies}, {"user_id", w.Users}, {"actor_id", w.Actors}} {
		if len(one.values) > 0 {
			text += ` AND ` + one.column + ` IN (` + q.oneOf(one.values, add) + `)`
		}
	}
	if w.Addresses != nil {
		text += ` AND address IN (` + q.oneOf(w.Addresses, add) + `)`
	}
	return text + eventsOf(w.Kinds, w.Results, add)
}

// oneOf is a query for texts, in one parameter however many they are.
func (q Queries) oneOf(texts []string, add func(any) string) string {
	rows := make([][]any, len(texts))
	for i, text := range texts {
		rows[i] = []any{text}
	}
	return `SELECT value ->> 0 FROM ` + q.d.each + `(` + add(inJSON(rows)) + `)`
}

// EventSearch selects events of a source.
type EventSearch struct {
	EventSource
	EventWhere
	// From and To are the times from the first on, and before the last; zero: any.
	From, To time.Time
	// Before and After are IDs of events: only older ones, or only newer ones, and then the oldest of
	// these. Empty: from the newest on.
	Before, After string
	Limit         int
	// Window is how many events are looked at, so that a filter that fits few of them takes no longer
	// than one that fits many.
	Window int
}

// window selects the events to look at. At a site, column and ID are compared and ordered together: told
// that the column has one value, SQLite would take the primary key in place of an index that begins with
// the site, and read everything that the site has. Elsewhere it is told, or it would read both kinds of
// actors that their partial index names.
func (p EventSearch) window() eventWindow {
	w := eventWindow{up: p.After != "", size: p.Window}
	from, after, to := "evt", ">=", "evu" // around all IDs
	if !p.From.IsZero() {
		from = idAt("evt", p.From)
	}
	if !p.To.IsZero() {
		to = idAt("evt", p.To)
	}
	if p.Before != "" {
		to = min(to, p.Before)
	}
	if p.After >= from {
		from, after = p.After, ">"
	}
	condition, column, value := p.index(w.add)
	key, first, last := w.add(value), w.add(from), w.add(to)
	w.column, w.where = column, condition+` AND (`+column+`, id) `+after+` (`+key+`, `+first+`) AND (`+column+`, id) < (`+key+`, `+last+`)`
	if p.EventSource.SiteID == "" {
		w.where = condition + ` AND ` + column + ` = ` + key + ` AND id ` + after + ` ` + first + ` AND id < ` + last
	}
	return w
}

// SearchEvents returns events of a source, newest first. end is the ID of the last one that was looked at
// if the limit or the window was reached before the events ended; empty: there are no more.
func (q Queries) SearchEvents(ctx context.Context, p EventSearch) (all []gatehouse.Event, end string, err error) {
	w := p.window()
	if none := func(any) string { return "" }; p.conditions(q, none) == "" { // then the window is as good as the page
		all, err = q.events(ctx, `SELECT `+eventColumns+w.text(p.Limit), w.args...)
		return all, "", err
	}
	return q.eventsIn(ctx, w, p.Limit, func(add func(any) string) string { return p.conditions(q, add) })
}

// AddressesOfEvents returns the IP addresses of the events that SearchEvents looks at.
func (q Queries) AddressesOfEvents(ctx context.Context, p EventSearch) ([]string, error) {
	w := p.window()
	return q.addresses(ctx, `SELECT DISTINCT address FROM (SELECT address`+w.text(w.size)+`) AS seen WHERE address <> ''`, w.args...)
}

// AddressesWithin returns up to limit IP addresses of events that begin with a text. It goes from each to
// the next one, so it does not matter how many events they have.
func (q Queries) AddressesWithin(ctx context.Context, start string, limit int) ([]string, error) {
	return q.addresses(ctx, `WITH RECURSIVE found(address, n) AS (
			SELECT * FROM (SELECT address, 1 FROM events WHERE address <> '' AND address >= $1 AND address < $2 ORDER BY address LIMIT 1) AS begun
			UNION ALL SELECT (SELECT e.address FROM events e WHERE e.address <> '' AND e.address > found.address AND e.address < $2 ORDER BY e.address LIMIT 1), n + 1
			FROM found WHERE found.address IS NOT NULL AND n < $3)
		SELECT address FROM found WHERE address IS NOT NULL`, start, afterAll(start), limit)
}

func (q Queries) addresses(ctx context.Context, text string, args ...any) (all []string, err error) {
	err = q.all(ctx, "addresses of events", text, args, func(scan func(...any) error) error {
		var address string
		err := scan(&address)
		all = append(all, address)
		return err
	})
	return all, err
}

// eventWindow is a part of an index that is looked at for events that fit a filter.
type eventWindow struct {
	where  string
	args   []any
	column string // the one before the ID in the index
	size   int
	// up: from the oldest on.
	up bool
}

func (w *eventWindow) add(v any) string {
	w.args = append(w.args, v)
	return "$" + strconv.Itoa(len(w.args))
}

// text selects the events of the window, up to limit.
func (w *eventWindow) text(limit int) string {
	down := map[bool]string{false: ` DESC`}[w.up]
	return ` FROM events WHERE ` + w.where + ` ORDER BY ` + w.column + down + `, id` + down + ` LIMIT ` + w.add(limit)
}

// eventsIn returns the first events of a window that fit conditions, and where the search ended; see
// SearchEvents. The window is a query of its own, or conditions would lead the database to another
// index. Around it there is no order: both databases hand on the rows as they come, and read no more of
// them than the page has, while SQLite would first read all of them to sort them again.
func (q Queries) eventsIn(ctx context.Context, w eventWindow, limit int, conditions func(add func(any) string) string) (all []gatehouse.Event, end string, err error) {
	text := w.text(w.size)
	looked := slices.Clone(w.args)
	fitting := conditions(w.add)
	all, err = q.events(ctx, `SELECT `+eventColumns+` FROM (SELECT `+eventColumns+text+`) AS seen WHERE 1 = 1`+fitting+` LIMIT `+w.add(limit), w.args...)
	if err != nil {
		return nil, "", err
	}
	if len(all) == limit {
		return all, all[limit-1].ID, nil
	}
	last := `MIN`
	if w.up {
		last = `MAX`
	}
	end, err = q.windowEnd(ctx, "window of events", last, text, w.size, looked)
	return all, end, err
}

// windowEnd returns the ID of the last row of a window; empty if it has fewer rows than it may.
func (q Queries) windowEnd(ctx context.Context, what, last, text string, size int, args []any) (end string, err error) {
	var seen int
	err = q.one(ctx, what, `SELECT COUNT(*), COALESCE(`+last+`(id), '') FROM (SELECT id`+text+`) AS seen`, args, &seen, &end)
	if seen < size {
		end = ""
	}
	return end, err
}

// Event returns an event of a site.
func (q Queries) Event(ctx context.Context, siteID, id string) (gatehouse.Event, error) {
	return theEvent(q.events(ctx, `SELECT `+eventColumns+` FROM events WHERE site_id = $1 AND id = $2`, siteID, id))
}

// theEvent is the only one of a list; NotFound if there is none.
func theEvent(all []gatehouse.Event, err error) (gatehouse.Event, error) {
	if err == nil && len(all) == 0 {
		err = gatehouse.ErrNotFound
	}
	if err != nil {
		return gatehouse.Event{}, err
	}
	return all[0], nil
}
