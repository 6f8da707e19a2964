package directory_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Once a month, each administrator of a company that wants it gets a report with last month's
// sign-ins and changes of administrators, and the users of now; once, however many processes write.
func TestMonthlyReports(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c, quiet := h.company(h.uk, "10482", "Northgate"), h.company(h.uk, "20482", "Southgate")
		boss, second := h.leads(c.ID, "boss"), h.leads(c.ID, "second")
		other := h.leads(quiet.ID, "other")
		tom := h.user(h.uk, c.ID, "tom", gatehouse.RoleUser)
		h.write(func(q store.Queries) error {
			for i, e := range []gatehouse.Event{{Kind: gatehouse.EventSignIn, Result: gatehouse.ResultOK}, {Kind: gatehouse.EventSignIn, Result: gatehouse.ResultWrong}, {Kind: gatehouse.EventSignIn, Result: gatehouse.ResultWrong}} {
				at := h.now.Add(time.Duration(i) * time.Minute)
				e.SiteID, e.CompanyID, e.UserID, e.ID, e.At = h.uk.ID, c.ID, tom.ID, store.NewID("evt", at), at
				if err := q.InsertEvent(t.Context(), e); err != nil {
					return err
				}
			}
			return nil
		})
		if err := h.Act(t.Context(), h.uk, as(boss), tom.ID, gatehouse.ActMakeAdmin, ""); err != nil {
			t.Fatal(err)
		}
		if err := h.SetCompanyDetails(t.Context(), h.uk, as(other), quiet.ID, gatehouse.CompanyDetails{NoReport: true}, gatehouse.CompanyDetails{}.Version()); err != nil {
			t.Fatal(err)
		}
		write := func(at time.Time) {
			t.Helper()
			h.now = at
			for range 2 {
				if err := h.WriteReports(t.Context(), []*site.Site{h.uk, h.au}); err != nil {
					t.Fatal(err)
				}
			}
		}
		reports := func(u gatehouse.User) (texts []string) {
			kinds, all := h.mails(u)
			for i, kind := range kinds {
				if kind == "monthly-report" {
					texts = append(texts, all[i])
				}
			}
			return texts
		}
		write(h.now) // in the month in which the company came
		write(time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC))
		if len(reports(boss)) != 0 {
			t.Error("a report before the month is over everywhere")
		}
		write(time.Date(2026, 12, 1, 15, 0, 0, 0, time.UTC))
		for _, u := range []gatehouse.User{boss, second} {
			got := reports(u)
			if len(got) != 1 || !strings.Contains(got[0], "/company/report?month=2026-11") || !strings.Contains(got[0], "Mira Santos") {
				t.Fatalf("%s: %d reports %v", u.Username, len(got), got)
			}
		}
		if len(reports(other)) != 0 || len(reports(tom)) != 0 { // tom has not signed in yet
			t.Error("a report to somebody who wants none, or leads nothing")
		}
		r, err := h.Report(t.Context(), h.uk, as(boss), c.ID, time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC))
		if err != nil || r.Users != 3 || r.Worked != 1 || r.Failed != 2 || r.Groups[gatehouse.GroupNever] != 1 || len(r.Changes) != 1 || !r.Changes[0].Is || r.Changes[0].User.ID != tom.ID {
			t.Errorf("%+v, %v", r, err)
		}
		write(time.Date(2027, 1, 20, 9, 0, 0, 0, time.UTC)) // as after an upgrade
		write(time.Date(2027, 2, 2, 9, 0, 0, 0, time.UTC))
		if got := reports(boss); len(got) != 2 || !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, "month=2027-01") }) {
			t.Errorf("%d reports", len(got))
		}
		if _, err := h.Report(t.Context(), h.uk, as(other), c.ID, h.now); err == nil {
			t.Error("another company's administrator reads it")
		}
	})
}
