package directory_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// loses adds a user of a company who has an app, and no longer the phone.
func (h *house) loses(c gatehouse.Company, username string) gatehouse.User {
	h.t.Helper()
	u := h.user(h.uk, c.ID, username, gatehouse.RoleUser)
	f := gatehouse.Factor{ID: store.NewID("fac", h.now), SiteID: u.SiteID, UserID: u.ID, Kind: gatehouse.FactorApp, Name: "Phone", CreatedAt: h.now}
	h.write(func(q store.Queries) error {
		if err := q.InsertFactor(h.t.Context(), f, []byte("sealed")); err != nil {
			return err
		}
		_, err := q.ConfirmFactor(h.t.Context(), f, h.now)
		return err
	})
	h.later()
	return u
}

// resets resets a user's two-factor, and returns what it is then.
func (h *house) resets(by gatehouse.Caller, u gatehouse.User) directory.UserTwoFactor {
	h.t.Helper()
	if err := h.ResetTwoFactor(h.t.Context(), h.uk, by, u.ID); err != nil {
		h.t.Fatal(err)
	}
	h.later()
	two, err := h.TwoFactor(h.t.Context(), h.uk, by, u.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	return two
}

func (h *house) carriesOut() {
	h.t.Helper()
	if err := h.CarryOutResets(h.t.Context(), func(string) *site.Site { return h.uk }); err != nil {
		h.t.Fatal(err)
	}
}

// A reset by support waits for a day, and is carried out once; until then, everything stays.
func TestAResetBySupportWaits(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		u := h.loses(h.company(h.uk, "10482", "Northgate"), "tom")
		h.resets(operator, u)
		two := h.resets(operator, u) // asking again changes nothing
		if two.Waiting == nil || len(two.Factors) != 1 || two.Waiting.DueAt.Sub(two.Waiting.AskedAt) != 24*time.Hour {
			t.Fatalf("%+v", two.Waiting)
		}
		kinds, _ := h.mails(u)
		if n := slices.Index(kinds, "two-factor-reset-asked"); n < 0 || slices.Contains(kinds[n+1:], "two-factor-reset-asked") {
			t.Errorf("mails %v", kinds)
		}
		h.carriesOut()
		if h.stored(h.uk, "tom").Factors != 1 {
			t.Fatal("it did not wait")
		}
		h.now = two.Waiting.DueAt
		h.carriesOut()
		h.carriesOut()
		if two, err := h.TwoFactor(t.Context(), h.uk, operator, u.ID); err != nil || two.Waiting != nil || len(two.Factors) != 0 || h.stored(h.uk, "tom").Factors != 0 {
			t.Errorf("%+v, %v", two, err)
		}
		events := h.events(u)
		if n := len(events); events[n-1] != gatehouse.EventTwoFactorReset || events[n-2] != gatehouse.EventTwoFactorResetAsked {
			t.Errorf("%v", events)
		}
		if kinds, _ := h.mails(u); kinds[len(kinds)-1] != "two-factor-reset" {
			t.Errorf("mails %v", kinds)
		}
	})
}

// An administrator need not wait, unless the site says so; and does at once what support waits for.
func TestAResetByTheAdministrator(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.company(h.uk, "10482", "Northgate")
		u, boss := h.loses(c, "tom"), h.user(h.uk, c.ID, "boss", gatehouse.RoleAdmin)
		h.resets(operator, u)
		if two := h.resets(as(boss), u); two.Waiting != nil || len(two.Factors) != 0 {
			t.Errorf("%+v", two)
		}
		h.uk.Policy.FactorReset.ByAdministrator = time.Hour
		v := h.loses(c, "mira")
		h.resets(operator, v)
		two := h.resets(as(boss), v) // the sooner one counts
		if two.Waiting == nil || two.Waiting.ByID != boss.ID || two.Waiting.DueAt.Sub(two.Waiting.AskedAt) != time.Hour {
			t.Errorf("%+v", two.Waiting)
		}
		h.now = two.Waiting.DueAt
		h.carriesOut()
		if _, texts := h.mails(v); !strings.Contains(texts[len(texts)-1], "Mira Santos, administrator of your company") {
			t.Errorf("it does not say who did it: %s", texts[len(texts)-1])
		}
	})
}

// A change of address that was made by somebody else does not hide it: the old mailbox is told, too,
// and neither learns the other address where people sign in with it.
func TestResetsAreToldAtAllAddresses(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.uk = h.press
		c := h.company(h.uk, "10482", "Northgate")
		u := h.loses(c, "thief@elsewhere.example")
		moved := gatehouse.EmailChange{ID: store.NewID("chg", h.now), SiteID: u.SiteID, UserID: u.ID, Old: "owner@northgate.example", New: u.Email, State: gatehouse.EmailConfirmed,
			AskedAt: h.now.Add(-time.Hour), ConfirmUntil: h.now, ConfirmedAt: h.now.Add(-time.Minute)}
		h.write(func(q store.Queries) error { return q.InsertEmailChange(t.Context(), "hash", moved) })
		h.resets(operator, u)
		all, err := h.Store.Read().MessagesOfUser(t.Context(), u.SiteID, u.ID, "", 100)
		if err != nil {
			t.Fatal(err)
		}
		told := map[string]string{}
		for _, m := range all {
			if m.Kind == "two-factor-reset-asked" {
				told[m.Recipient] = h.text(m)
			}
		}
		if len(told) != 2 || strings.Contains(told[moved.Old], "thief@") || strings.Contains(told[moved.New], "owner@") {
			t.Errorf("%v", told)
		}
	})
}

// All without a factor are asked, once a week at most, and a job mails each once; nobody of another
// company is asked.
func TestUsersAreAskedForAFactor(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.company(h.uk, "10482", "Northgate")
		boss, second, bare := h.leads(c.ID, "boss"), h.leads(c.ID, "second"), h.user(h.uk, c.ID, "bare", gatehouse.RoleUser)
		has, other := h.loses(c, "has"), h.user(h.uk, h.company(h.uk, "20482", "Southgate").ID, "other", gatehouse.RoleUser)
		ask := func(want int, of directory.Chosen) {
			t.Helper()
			h.later()
			p := h.proposed(boss, gatehouse.ActAskFactor, of)
			if p.Change != want {
				t.Errorf("%v: %d asked, want %d", of, p.Change, want)
			}
			if want > 0 {
				if err := h.begin(boss, p); err != nil {
					t.Error(err)
				}
				h.worked(boss, p.ID)
			}
		}
		ask(0, directory.Chosen{IDs: []string{has.ID, other.ID}})
		ask(1, directory.Chosen{IDs: []string{bare.ID, has.ID}})
		ask(0, directory.Chosen{IDs: []string{bare.ID}})
		ask(1, everybody) // the other administrator
		for range 2 {
			if err := h.TellFactorAsks(t.Context(), func(string) *site.Site { return h.uk }, func() bool { return true }); err != nil {
				t.Fatal(err)
			}
		}
		for u, want := range map[*gatehouse.User]int{&second: 1, &boss: 0, &bare: 1, &has: 0, &other: 0} {
			kinds, texts := h.mails(*u)
			n := 0
			for i, kind := range kinds {
				if kind == "factor-asked" {
					if n++; !strings.Contains(texts[i], "/account/security") {
						t.Errorf("no link: %s", texts[i])
					}
				}
			}
			if n != want || slices.Contains(h.events(*u), gatehouse.EventFactorAsked) != (want > 0) {
				t.Errorf("%s: %d mails", u.Username, n)
			}
		}
		if two, err := h.TwoFactor(t.Context(), h.uk, as(boss), bare.ID); err != nil || two.Asked == nil || two.Asked.ByID != boss.ID {
			t.Errorf("%+v, %v", two.Asked, err)
		}
		h.now = h.now.Add(gatehouse.FactorAskEvery)
		ask(2, everybody)
	})
}
