package store

import (
	"context"
	"fmt"
	"time"

	"gatehouse"
)

// countSlots is over how many rows the sign-ins of an hour are spread where transactions run side by
// side: each changes one, and holds it until it ends. On SQLite one row is enough, and read in an eighth
// of the time.
const countSlots = 8

// countSignIn counts an event that is about a sign-in. Those that belong to no company are counted
// under none: so an unknown name costs what a known one does (invariant 7).
func (q Queries) countSignIn(ctx context.Context, e gatehouse.Event) error {
	outcome := e.SignInOutcome()
	if outcome == "" || e.ID == "" {
		return nil
	}
	slot := int64(0)
	if q.d.shared {
		slot = int64(e.ID[len(e.ID)-1] % countSlots)
	}
	return q.later(ctx, "count sign-in", `INSERT INTO sign_in_counts (site_id, company_id, hour, outcome, slot, n) VALUES ($1, $2, $3, $4, $5, 1)
		ON CONFLICT (site_id, company_id, hour, outcome, slot) DO UPDATE SET n = sign_in_counts.n + 1`,
		e.SiteID, e.CompanyID, hourOf(e.At), string(outcome), slot)
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

// window selects the events to look at.
func (p CompanyEvents) window(siteID, companyID string) eventWindow {
	of := EventSource{SiteID: siteID, CompanyID: companyID, UserID: p.UserID}
	w := EventSearch{EventSource: of, From: p.From, To: p.To, Before: p.Before, Window: p.Window}.window()
	if p.UserID != "" {
		w.where += ` AND company_id || '' = ` + w.add(companyID) // by the index of what happened to users
	}
	return w
}

// AddressesOfCompany returns the IP addresses of the events that EventsOfCompany looks at.
func (q Queries) AddressesOfCompany(ctx context.Context, siteID, companyID string, p CompanyEvents) (all []string, err error) {
	w := p.window(siteID, companyID)
	return q.addresses(ctx, `SELECT DISTINCT address FROM (SELECT address, actor_kind`+w.text(w.size)+`) AS seen WHERE address <> ''`+ofVisitors, w.args...)
}

// EventsOfCompany returns events of a company, newest first. end is the ID of the oldest one that was
// looked at if the limit or the window was reached before the time was; empty: there are no more.
func (q Queries) EventsOfCompany(ctx context.Context, siteID, companyID string, p CompanyEvents) (all []gatehouse.Event, end string, err error) {
	return q.eventsIn(ctx, p.window(siteID, companyID), p.Limit, func(add func(any) string) string {
		text := eventsOf(p.Kinds, p.Results, add)
		if p.Addresses != nil {
			text += ofVisitors + ` AND address IN (` + q.oneOf(p.Addresses, add) + `)`
		}
		if p.Address != "" {
			text += ofVisitors + ` AND substr(address, 1, ` + add(len(p.Address)) + `) = ` + add(p.Address)
		}
		return text
	})
}

// idAt is the smallest ID of a moment; see NewID.
func idAt(prefix string, t time.Time) string {
	return fmt.Sprintf("%s_%012x", prefix, max(0, t.UnixMilli()))
}
