package directory_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/store"
)

// policyEvents are the events about a company's policy, newest first.
func (h *house) policyEvents(c gatehouse.Company) (all []gatehouse.Event) {
	h.t.Helper()
	page, _, err := h.Store.Read().EventsOfCompany(h.t.Context(), c.SiteID, c.ID, store.CompanyEvents{From: h.now.Add(-time.Hour), To: h.now.Add(time.Hour), Limit: 100, Window: 1000})
	if err != nil {
		h.t.Fatal(err)
	}
	return slices.DeleteFunc(page, func(e gatehouse.Event) bool { return e.Kind != gatehouse.EventPolicyChanged })
}

// What a company requires beyond its site is its administrators' choice, is never looser than the
// site, is not overwritten unseen, and all of them are told.
func TestCompanyPolicy(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c, d := h.company(h.uk, "10482", "Northgate"), h.company(h.uk, "20482", "Southgate")
		boss, second := h.leads(c.ID, "boss"), h.leads(c.ID, "second")
		stranger, user := h.leads(d.ID, "stranger"), h.user(h.uk, c.ID, "user", gatehouse.RoleUser)
		set := func(by gatehouse.User, p gatehouse.CompanyPolicy, agreed string) error {
			return h.SetCompanyPolicy(t.Context(), h.uk, as(by), c.ID, p, agreed)
		}
		want := gatehouse.CompanyPolicy{SessionIdle: 15 * time.Minute, TrustedDevice: gatehouse.NeverTrusted, PasswordLength: 12}
		for _, by := range []gatehouse.User{stranger, user} {
			if _, err := h.CompanyPolicy(t.Context(), h.uk, as(by), c.ID); err == nil {
				t.Errorf("%s sees it", by.Username)
			}
			if _, err := h.PreviewPolicy(t.Context(), h.uk, as(by), c.ID, want); err == nil {
				t.Errorf("%s sees what it would do", by.Username)
			}
			if err := set(by, want, ""); err == nil {
				t.Errorf("%s may", by.Username)
			}
		}
		_, err := h.PreviewPolicy(t.Context(), h.uk, as(boss), c.ID, gatehouse.CompanyPolicy{SessionIdle: time.Hour, PasswordLength: 9})
		var e *gatehouse.Error
		if !errors.As(err, &e) || len(e.Fields) != 2 || e.Fields[0].Field != "session_idle" || e.Fields[1].Field != "min_length" || set(boss, gatehouse.CompanyPolicy{SessionIdle: time.Hour}, "") == nil {
			t.Errorf("looser than the site, and a length of nobody's: %v", err)
		}

		p, err := h.PreviewPolicy(t.Context(), h.uk, as(boss), c.ID, want)
		if err != nil || set(boss, want, p.Agreed) != nil {
			t.Fatal(err)
		}
		if err := set(boss, want, p.Agreed); err != nil {
			t.Errorf("the same form again: %v", err)
		}
		if err := set(second, gatehouse.CompanyPolicy{}, p.Agreed); gatehouse.ReasonOf(err) != directory.ReasonPolicyChanged {
			t.Errorf("over what was not seen: %v", err)
		}
		got, err := h.CompanyPolicy(t.Context(), h.uk, as(second), c.ID)
		if err != nil || got.CompanyPolicy != want || got.ChangedBy != boss.DisplayName() || !got.ChangedAt.Equal(h.now) {
			t.Errorf("%+v, %v", got, err)
		}
		if theirs, err := h.CompanyPolicy(t.Context(), h.uk, as(stranger), d.ID); err != nil || theirs.CompanyPolicy != (gatehouse.CompanyPolicy{}) || !theirs.ChangedAt.IsZero() {
			t.Errorf("another company's: %+v, %v", theirs, err)
		}
		events := h.policyEvents(c)
		if len(events) != 1 || events[0].Detail["session_idle"] != "15m" || events[0].Detail["session_idle_before"] != "site" ||
			events[0].Detail["trusted_device"] != "never" || events[0].Detail["min_length"] != "12" || events[0].Detail["no_names"] != "" {
			t.Errorf("events %+v", events)
		}
		for _, u := range []gatehouse.User{boss, second} {
			kinds, texts := h.mails(u)
			if text := texts[len(texts)-1]; kinds[len(kinds)-1] != "policy-changed" || !strings.Contains(text, "30 minutes before, 15 minutes now") || !strings.Contains(text, "15 days before, never now") {
				t.Errorf("%s got %q\n%s", u.Username, kinds, text)
			}
		}
		if kinds, _ := h.mails(user); slices.Contains(kinds, "policy-changed") {
			t.Error("a user who leads nothing is told")
		}

		// The site becomes stricter: its value counts, the choice stays, and taking it back tells nobody.
		before, _ := h.mails(boss)
		h.uk.Policy.Session.Idle = 10 * time.Minute
		if kept := want; set(boss, kept, "") != nil || h.uk.Policy.For(want).Session.Idle != 10*time.Minute {
			t.Error("the choice from before cannot stay, or counts")
		}
		less := want
		less.SessionIdle = 0
		if err := set(boss, less, ""); err != nil {
			t.Error(err)
		}
		if after, _ := h.mails(boss); len(after) != len(before) {
			t.Error("a change that changes nothing for anybody is mailed")
		}
		if err := h.SetCompanyPolicy(t.Context(), h.uk, operator, c.ID, gatehouse.CompanyPolicy{}, ""); err != nil {
			t.Errorf("the operator sets it back: %v", err)
		}
		if got, err := h.CompanyPolicy(t.Context(), h.uk, as(boss), c.ID); err != nil || got.ChangedBy != "" || got.CompanyPolicy != (gatehouse.CompanyPolicy{}) {
			t.Errorf("after the operator: %+v, %v", got, err)
		}
	})
}

// reached says in words what a preview says.
func reached(p directory.PolicyPreview) string {
	var all []string
	for _, of := range []struct {
		what string
		directory.Affected
	}{{"session", p.Sessions}, {"device", p.Devices}, {"expired", p.Expired}, {"password", p.Passwords}} {
		if of.Count == 0 && of.Users == 0 && of.First == nil {
			continue
		}
		text := fmt.Sprintf("%d %s", of.Count, of.what)
		if of.Count > 1 {
			text += "s"
		}
		text += " of"
		for _, u := range of.First {
			text += " " + u.Username
		}
		if of.Users != len(of.First) || of.More() != 0 {
			text += fmt.Sprintf(" among %d users", of.Users)
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

// The preview counts what confirming it ends, of this company alone, and names whose it is.
func TestPreviewOfACompanyPolicy(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c, d := h.company(h.uk, "10482", "Northgate"), h.company(h.uk, "20482", "Southgate")
		boss := h.leads(c.ID, "boss")
		const day = 24 * time.Hour
		insert := func(company gatehouse.Company, name string, passwordAge, begun, seen, trusted time.Duration) gatehouse.User {
			t.Helper()
			u := h.user(h.uk, company.ID, name, gatehouse.RoleUser)
			h.write(func(q store.Queries) error {
				w := gatehouse.Password{Hash: "h", Origin: gatehouse.PasswordChosen, SetAt: h.now.Add(-passwordAge)}
				if err := q.ReplacePassword(t.Context(), u, w, 0); err != nil {
					return err
				}
				id, _, err := q.DeviceSignedIn(t.Context(), u.SiteID, u.ID, "device of "+name, store.NewID("dev", h.now), "test", "192.0.2.7", h.now)
				if err == nil && trusted > 0 {
					err = q.TrustDevice(t.Context(), u.SiteID, u.ID, id, h.now.Add(-trusted))
				}
				s := gatehouse.Session{ID: store.NewID("ses", h.now), SiteID: u.SiteID, UserID: u.ID, CompanyID: u.CompanyID, CreatedAt: h.now.Add(-begun), SeenAt: h.now.Add(-seen)}
				return errors.Join(err, q.InsertSession(t.Context(), "token of "+name, s, s.CreatedAt.Add(12*time.Hour)))
			})
			return u
		}
		old, idle, fresh := insert(c, "old", 100*day, 10*time.Hour, time.Minute, 8*day), insert(c, "idle", 80*day, time.Hour, 20*time.Minute, day), insert(c, "fresh", day, time.Hour, time.Minute, 0)
		insert(c, "over", 200*day, 13*time.Hour, time.Minute, 16*day) // ended, expired and no longer trusted before
		theirs := insert(d, "theirs", 100*day, 10*time.Hour, 20*time.Minute, 8*day)
		for name, test := range map[string]struct {
			chosen gatehouse.CompanyPolicy
			want   string
		}{
			"idle":   {gatehouse.CompanyPolicy{SessionIdle: 15 * time.Minute}, "1 session of idle"},
			"length": {gatehouse.CompanyPolicy{SessionAbsolute: 8 * time.Hour}, "1 session of old"},
			"both":   {gatehouse.CompanyPolicy{SessionIdle: 15 * time.Minute, SessionAbsolute: 8 * time.Hour}, "2 sessions of idle old"},
			"trust":  {gatehouse.CompanyPolicy{TrustedDevice: 7 * day}, "1 device of old"},
			"never":  {gatehouse.CompanyPolicy{TrustedDevice: gatehouse.NeverTrusted}, "2 devices of idle old"},
			"age":    {gatehouse.CompanyPolicy{PasswordAge: 90 * day}, "1 expired of old"},
			"longer": {gatehouse.CompanyPolicy{PasswordLength: 12}, "4 passwords of fresh idle old over"},
			"names":  {gatehouse.CompanyPolicy{NoContextWords: true}, ""},
		} {
			got, err := h.PreviewPolicy(t.Context(), h.uk, as(boss), c.ID, test.chosen)
			if said := reached(got); err != nil || got.Chosen != test.chosen || said != test.want {
				t.Errorf("%s: %q, %+v, %v, want %q", name, said, got, err, test.want)
			}
		}
		all := gatehouse.CompanyPolicy{SessionIdle: 15 * time.Minute, SessionAbsolute: 8 * time.Hour, TrustedDevice: 7 * day}
		if err := h.SetCompanyPolicy(t.Context(), h.uk, as(boss), c.ID, all, ""); err != nil {
			t.Fatal(err)
		}
		for _, of := range []struct {
			u    gatehouse.User
			want int
		}{{old, 0}, {idle, 0}, {fresh, 1}, {theirs, 1}} {
			if n := h.sessions(of.u); n != of.want {
				t.Errorf("%s has %d sessions, want %d", of.u.Username, n, of.want)
			}
		}
		trusted := func(u gatehouse.User) bool {
			all, err := h.Store.Read().DevicesOf(t.Context(), u.SiteID, u.ID, time.Time{})
			return err == nil && len(all) == 1 && !all[0].TrustedAt.IsZero()
		}
		if trusted(old) || !trusted(idle) || !trusted(theirs) {
			t.Error("the wrong trust ended")
		}
		if e := h.policyEvents(c)[0].Detail; e["sessions"] != "3" || e["devices"] != "2" { // with those that were over
			t.Errorf("event %v", e)
		}
	})
}

// Each change is mailed to all administrators: there is a limit.
func TestCompanyPolicyIsNotChangedAllTheTime(t *testing.T) {
	h := once(t)
	c := h.company(h.uk, "10482", "Northgate")
	boss := h.leads(c.ID, "boss")
	var err error
	for i := range 7 {
		if err = h.SetCompanyPolicy(t.Context(), h.uk, as(boss), c.ID, gatehouse.CompanyPolicy{NoContextWords: i%2 == 0}, ""); err == nil {
			err = h.SetCompanyPolicy(t.Context(), h.uk, as(boss), c.ID, gatehouse.CompanyPolicy{NoContextWords: i%2 == 0}, "") // as it is: not counted
		}
		if i < 5 && err != nil {
			t.Fatal(err)
		}
	}
	if gatehouse.ReasonOf(err) != directory.ReasonPolicyOften || gatehouse.KindOf(err) != gatehouse.TooMany {
		t.Errorf("the seventh: %v", err)
	}
}
