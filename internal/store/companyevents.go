package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"gatehouse"
)

// countSlots is over how many rows the sign-ins of an hour are spread: each changes one, and holds it
// until its transaction ends.
const countSlots = 8

// countSignIn counts an event that is about a sign-in. Those that belong to no company are counted
// under none: so an unknown name costs what a known one does (invariant 7).
func (q Queries) countSignIn(ctx context.Context, e gatehouse.Event) error {
	outcome := e.SignInOutcome()
	if outcome == "" || e.ID == "" {
		return nil
	}
	return q.later(ctx, "count sign-in", `INSERT INTO sign_in_counts (site_id, company_id, hour, outcome, slot, n) VALUES ($1, $2, $3, $4, $5, 1)
		ON CONFLICT (site_id, company_id, hour, outcome, slot) DO UPDATE SET n = sign_in_counts.n + 1`,
		e.SiteID, e.CompanyID, hourOf(e.At), string(outcome), int64(e.ID[len(e.ID)-1]%countSlots))
}

func hourOf(t time.Time) int64 { return t.Unix() / 3600 }

// SignInCount is how many sign-ins there were in an hour.
type SignInCount struct {
	Hour    time.Time
	Outcome gatehouse.SignInOutcome
	N       int
}

// SignInCounts returns the sign-ins of a company from one hour to before another.
func (q Queries) SignInCounts(ctx context.Context, siteID, companyID string, from, to time.Time) ([]SignInCount, error) {
	return q.signInCounts(ctx, `WHERE site_id = $1 AND company_id = $2 AND hour >= $3 AND hour < $4`, siteID, companyID, hourOf(from), hourOf(to))
}

func (q Queries) signInCounts(ctx context.Context, where string, args ...any) (all []SignInCount, err error) {
	err = q.all(ctx, "sign-in counts", `SELECT hour, outcome, CAST(SUM(n) AS BIGINT) FROM sign_in_counts `+where+` GROUP BY hour, outcome`,
		args, func(scan func(...any) error) error {
			var c SignInCount
			var hour int64
			err := scan(&hour, &c.Outcome, &c.N)
			c.Hour = time.Unix(hour*3600, 0).UTC()
			all = append(all, c)
			return err
		})
	return all, err
}

// CompanyEvents selects events of a company.
type CompanyEvents struct {
	// From and To are the times from the first on, and before the last.
	From, To time.Time
	// UserID is the user they are about; empty: anybody.
	UserID  string
	Kinds   []gatehouse.EventKind
	Results EventResults
	// Address is how the IP address begins.
	Address string
	// Addresses are IP addresses, one of which it has to be; nil: any.
	Addresses []string
	// Before is the ID of an event: only older ones; empty: from the newest.
	Before string
	Limit  int
	// Window is how many events are looked at, so that a filter that fits few of them takes no longer
	// than one that fits many.
	Window int
}

// ofVisitors: companies do not see where operators are, so they cannot ask for it either.
const ofVisitors = ` AND actor_kind IN ('user', 'visitor')`

// window selects the events to look at. The first four parameters of a query are in it.
func (p CompanyEvents) window(siteID, companyID string) (where string, args []any) {
	args = []any{siteID, companyID, idAt("evt", p.From), idAt("evt", p.To)}
	if where = ` FROM events WHERE site_id = $1 AND company_id = $2 AND id >= $3 AND id < $4`; p.UserID != "" {
		// By the index of what happened to users: those of the company and of the time would read everything.
		where = ` FROM events WHERE site_id = $1 AND company_id || '' = $2 AND id || '' >= $3 AND id || '' < $4`
	}
	for _, more := range []struct{ condition, value string }{{"id < ", p.Before}, {"user_id = ", p.UserID}} {
		if more.value != "" {
			args = append(args, more.value)
			where += ` AND ` + more.condition + `$` + strconv.Itoa(len(args))
		}
	}
	args = append(args, p.Window)
	return where + ` ORDER BY id DESC LIMIT $` + strconv.Itoa(len(args)), args
}

// AddressesOfCompany returns the IP addresses of the events that EventsOfCompany looks at.
func (q Queries) AddressesOfCompany(ctx context.Context, siteID, companyID string, p CompanyEvents) (all []string, err error) {
	where, args := p.window(siteID, companyID)
	err = q.all(ctx, "addresses of events", `SELECT DISTINCT address FROM (SELECT address, actor_kind`+where+`) AS seen WHERE address <> ''`+ofVisitors,
		args, func(scan func(...any) error) error {
			var address string
			err := scan(&address)
			all = append(all, address)
			return err
		})
	return all, err
}

// EventsOfCompany returns events of a company, newest first. end is the ID of the oldest one that was
// looked at if the window ended before the time did; empty: there are no more.
func (q Queries) EventsOfCompany(ctx context.Context, siteID, companyID string, p CompanyEvents) (all []gatehouse.Event, end string, err error) {
	where, args := p.window(siteID, companyID)
	add := func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(len(args))
	}
	var seen int
	err = q.one(ctx, "window of events", `SELECT COUNT(*), COALESCE(MIN(id), '') FROM (SELECT id`+where+`) AS seen`, args, &seen, &end)
	if err != nil {
		return nil, "", err
	}
	if seen < p.Window {
		end = ""
	}
	text := `SELECT ` + eventColumns + ` FROM (SELECT ` + eventColumns + where + `) AS seen WHERE 1 = 1` + eventsOf(p.Kinds, p.Results, add)
	if p.Addresses != nil {
		rows := make([][]any, len(p.Addresses))
		for i, address := range p.Addresses {
			rows[i] = []any{address}
		}
		text += ofVisitors + ` AND address IN (SELECT value ->> 0 FROM ` + q.d.each + `(` + add(inJSON(rows)) + `))`
	}
	if p.Address != "" {
		text += ofVisitors + ` AND substr(address, 1, ` + add(len(p.Address)) + `) = ` + add(p.Address)
	}
	all, err = q.events(ctx, text+` ORDER BY id DESC LIMIT `+add(p.Limit), args...)
	return all, end, err
}

// idAt is the smallest ID of a moment; see NewID.
func idAt(prefix string, t time.Time) string {
	return fmt.Sprintf("%s_%012x", prefix, max(0, t.UnixMilli()))
}
