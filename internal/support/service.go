// Package support is about cases: what people ask a site's support, signed in or not, and what is
// said about it, by page and by mail (C07). A stranger's case belongs to the one who reads the mail of
// its address, and nothing that a stranger wrote is mailed anywhere but to support.
package support

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Service keeps cases.
type Service struct {
	*act.Desk
	// Keys seal what people write and the files that they send.
	Keys *secret.Keys
	// Limits keep strangers from filling the desk, and others' mailboxes; see DefaultLimits.
	Limits Limits
	Sites  func(id string) *site.Site
	// AllSites are those that mail to a case may be for.
	AllSites func() []*site.Site
	Log      *slog.Logger

	// reading is the one place of a process where a picture is unpacked: each takes up to a hundred
	// megabytes.
	reading chan struct{}
	// taking are the places for mail that comes in: each may hold five files.
	taking chan struct{}
}

// lettersAtOnce is how many mails a process reads at once.
const lettersAtOnce = 2

// New makes the service.
func New(s Service) *Service {
	s.reading, s.taking = make(chan struct{}, 1), make(chan struct{}, lettersAtOnce)
	return &s
}

// Limits are how many cases and messages there may be.
type Limits struct {
	// IP and Site limit strangers' cases; User a signed-in user's, and Case the messages of one case.
	IP, Site, User, Case Rate
	// Email limits what is mailed to an address that a stranger typed; what exceeds it is not sent, and
	// nobody is told. Notices limits the mails to the site's support: the list of cases has them all.
	Email, Notices Rate
}

// Rate is one limit: Burst at once, and then one for each Every. The zero value is no limit.
type Rate struct {
	Burst int
	Every time.Duration
}

// DefaultLimits are generous to a company behind one address, and to nobody else.
var DefaultLimits = Limits{
	IP:      Rate{10, 6 * time.Minute},
	Site:    Rate{120, 15 * time.Second},
	User:    Rate{5, 12 * time.Minute},
	Case:    Rate{10, 3 * time.Minute},
	Email:   Rate{3, 8 * time.Hour},
	Notices: Rate{30, time.Minute},
}

func (r Rate) of(key string) store.Limit {
	if r == (Rate{}) {
		return store.Limit{Key: key, Every: time.Microsecond, Burst: 1 << 40}
	}
	return store.Limit{Key: key, Every: r.Every, Burst: r.Burst}
}

// Reasons of errors about cases.
const (
	// ReasonCaseWait: too many in a short time. Kind TooMany, with RetryAfter.
	ReasonCaseWait = "case-wait"
	// ReasonCaseFull: the case has as many messages or files as one may have. Kind Conflict.
	ReasonCaseFull = "case-full"
	// ReasonCaseChanged: somebody else has changed the case since it was shown. Kind Conflict.
	ReasonCaseChanged = "case-changed"
	// ReasonCaseUnconfirmed: nobody has used the link in the mail to the address yet. Kind Forbidden.
	ReasonCaseUnconfirmed = "case-unconfirmed"
)

// errNoCase is the one answer for cases that do not exist, and for those of others.
var errNoCase = &gatehouse.Error{Kind: gatehouse.NotFound, Reason: "no-case"}

var errForbidden = &gatehouse.Error{Kind: gatehouse.Forbidden, Reason: "forbidden"}

// allow takes from limits; TooMany if they are used up.
func (s *Service) allow(ctx context.Context, limits ...store.Limit) error {
	wait, err := s.Store.Allow(ctx, s.Now(), limits...)
	if err == nil && wait > 0 {
		err = &gatehouse.Error{Kind: gatehouse.TooMany, Reason: ReasonCaseWait, RetryAfter: wait}
	}
	return err
}

// Access is how somebody comes to a case: as the user who asked, or with the link in a mail.
type Access struct {
	Number string
	// Token is that of the link; empty: the caller's session decides.
	Token string
}

// accessible returns a case if the caller may see it, and NotFound otherwise, whatever the reason.
func (s *Service) accessible(ctx context.Context, q store.Queries, st *site.Site, c gatehouse.Caller, by Access) (gatehouse.Case, error) {
	number := by.Number
	if by.Token != "" {
		number = numberOfLink(by.Token)
	}
	one, err := q.CaseByNumber(ctx, st.ID, number)
	switch {
	case gatehouse.KindOf(err) == gatehouse.NotFound:
		return one, errNoCase
	case err != nil:
		return one, err
	case by.Token != "" && s.opens(by.Token, one), by.Token == "" && c.OwnsCase(one):
		return one, nil
	}
	return gatehouse.Case{}, errNoCase
}

// change writes a case that was read in this unit. If somebody else was faster, the unit fails with
// Conflict.
func change(tx *act.Unit, before, after gatehouse.Case) error {
	ok, err := tx.ChangeCase(tx, after, before.Version)
	if err == nil && !ok {
		err = &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonCaseChanged}
	}
	return err
}

// persist makes a change that does not depend on what somebody saw before: if another one was
// faster, it is made again.
func (s *Service) persist(ctx context.Context, st *site.Site, c gatehouse.Caller, work func(*act.Unit) error) (err error) {
	for range 5 {
		if err = s.Do(ctx, st, c, work); !isChanged(err) {
			return err
		}
	}
	return err
}

func isChanged(err error) bool {
	e, ok := errors.AsType[*gatehouse.Error](err)
	return ok && e.Reason == ReasonCaseChanged
}

// record writes an event about a case.
func record(tx *act.Unit, one gatehouse.Case, kind gatehouse.EventKind, detail ...string) error {
	about := map[string]string{"case": one.Number}
	for i := 0; i+1 < len(detail); i += 2 {
		about[detail[i]] = detail[i+1]
	}
	return tx.Record(gatehouse.User{SiteID: one.SiteID, ID: one.UserID, CompanyID: one.CompanyID}, kind, gatehouse.ResultOK, about)
}
