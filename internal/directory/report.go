package directory

import (
	"context"
	"errors"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
)

// Report is what administrators want to know about their company once a month.
type Report struct {
	// From is the beginning of the month in the company's time zone, To that of the next one.
	From, To time.Time
	// Users are how many users the company has now; each of the other numbers is of those whom a
	// filter of the list selects, by the group, and Bare of those without a second factor.
	Users  int
	Groups map[gatehouse.UserGroup]int
	Bare   int
	// Changes are the changes of administrators in the month, the oldest first.
	Changes []RoleChange
	// Worked and Failed are the sign-ins of the month.
	Worked, Failed int
}

// RoleChange is a user who was made an administrator, or is no longer one.
type RoleChange struct {
	At time.Time
	// User is as now; a zero one is gone.
	User gatehouse.User
	// Is: an administrator since then; else no longer one. By is who did it; empty: the operator.
	Is bool
	By string
}

// ReportGroups are the groups whose sizes are in a report.
var ReportGroups = []gatehouse.UserGroup{gatehouse.GroupNever, gatehouse.GroupAway, gatehouse.GroupBouncing, gatehouse.GroupNoEmail, gatehouse.GroupLocked}

// ZoneOf is the time zone of a company: its own, or its site's.
func ZoneOf(st *site.Site, firm gatehouse.Company) *time.Location {
	return st.ZoneOf(firm.Zone)
}

// MonthOf returns the beginning of the month that a moment is in, some months later, in a company's
// time zone.
func MonthOf(st *site.Site, firm gatehouse.Company, at time.Time, months int) time.Time {
	zone := ZoneOf(st, firm)
	at = at.In(zone)
	return time.Date(at.Year(), at.Month()+time.Month(months), 1, 0, 0, 0, 0, zone)
}

// Report returns a company's report on the month that a moment is in; the numbers of users are those
// of now.
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) Report(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID string, month time.Time) (r Report, err error) {
	q := s.Store.Read()
	firm, err := company(ctx, q, st, c, companyID)
	if err != nil {
		return r, err
	}
	found, err := s.FindUsers(ctx, st, c, companyID, UserList{Limit: 1})
	if err != nil {
		return r, err
	}
	r = Report{From: MonthOf(st, firm, month, 0), To: MonthOf(st, firm, month, 1), Users: found.Total, Groups: found.Groups, Bare: found.Bare}
	counts, err := q.SignInCounts(ctx, st.ID, companyID, r.From, r.To)
	if err != nil {
		return r, err
	}
	for _, n := range counts {
		switch n.Outcome {
		case gatehouse.SignInWorked:
			r.Worked += n.N
		case gatehouse.SignInFailed:
			r.Failed += n.N
		}
	}
	events, err := q.RoleChanges(ctx, st.ID, companyID, r.From, r.To, mostRoleChanges)
	for _, e := range events {
		if err != nil {
			break
		}
		change := RoleChange{At: e.At, Is: e.Detail["role_before"] != string(gatehouse.RoleAdmin)}
		if e.ActorKind == gatehouse.SignedIn {
			change.By = e.ActorName
		}
		change.User, err = q.User(ctx, st.ID, e.UserID)
		if gatehouse.KindOf(err) == gatehouse.NotFound || change.User.CompanyID != companyID {
			change.User, err = gatehouse.User{}, nil
		}
		change.User = bare(change.User)
		r.Changes = append(r.Changes, change)
	}
	return r, err
}

const (
	// mostRoleChanges is how many changes of administrators a report names.
	mostRoleChanges = 100
	// reportsAtOnce is how many reports one run of the job writes.
	reportsAtOnce = 50
	// reportDays are the days of a month on which its report is written; later, as after an upgrade,
	// the next month's is.
	reportDays = 7
)

// WriteReports mails last month's reports to the administrators of companies that want them. Several
// processes may do this at once: each report is written once.
func (s *Service) WriteReports(ctx context.Context, sites []*site.Site) error {
	now := s.Now()
	// The month begins up to 14 hours earlier elsewhere: a company waits for its own.
	latest := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC).Add(14 * time.Hour)
	if now.Before(latest) {
		return nil
	}
	var failed error
	for _, st := range sites { // a failure for one company does not affect the others
		due, err := s.Store.Read().CompaniesToReport(ctx, st.ID, latest, reportsAtOnce)
		failed = errors.Join(failed, err)
		for _, firm := range due {
			failed = errors.Join(failed, s.writeReport(ctx, st, firm, latest, now.Sub(latest) < reportDays*24*time.Hour))
		}
	}
	return failed
}

// writeReport writes a company's report, or only records that this month's needs none.
func (s *Service) writeReport(ctx context.Context, st *site.Site, firm gatehouse.Company, latest time.Time, wanted bool) error {
	var r Report
	if wanted = wanted && firm.CreatedAt.Before(MonthOf(st, firm, s.Now(), 0)); wanted {
		var err error
		if r, err = s.Report(ctx, st, itself(st), firm.ID, MonthOf(st, firm, s.Now(), -1)); err != nil {
			return err
		}
	}
	return s.Do(ctx, st, itself(st), func(tx *act.Unit) error {
		mine, err := tx.Reported(tx, st.ID, firm.ID, latest, tx.Now())
		if err != nil || !mine || !wanted {
			return err
		}
		leads, err := tx.Administrators(tx, st.ID, firm.ID, "", mostAnnounced)
		for _, to := range leads {
			if reachable(to) && !to.Bouncing() {
				err = errors.Join(err, tx.Tell(to, r.mail(firm)))
			}
		}
		return err
	})
}

func (r Report) mail(firm gatehouse.Company) mail.MonthlyReport {
	m := mail.MonthlyReport{Company: firm.Name, AccountNumber: firm.AccountNumber, From: r.From, Users: r.Users, Worked: r.Worked, Failed: r.Failed,
		Never: r.Groups[gatehouse.GroupNever], Away: r.Groups[gatehouse.GroupAway], Bouncing: r.Groups[gatehouse.GroupBouncing],
		NoEmail: r.Groups[gatehouse.GroupNoEmail], Locked: r.Groups[gatehouse.GroupLocked], Bare: r.Bare, Query: r.From.Format("2006-01")}
	for _, c := range r.Changes {
		name := c.User.DisplayName()
		m.Changes = append(m.Changes, mail.RoleChange{Name: name, Is: c.Is, By: c.By, At: c.At})
	}
	return m
}
