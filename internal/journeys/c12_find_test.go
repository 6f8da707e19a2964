package journeys

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/testkit"
)

// Support finds a person over all sites by whatever they say of themselves, reads why the sign-in
// fails, and does what helps; what takes another role is not offered, and refused.
func TestC12_SupportFindsAPersonAndHelps(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "eoneill", password, func(u *gatehouse.User) {
			u.FirstName, u.LastName, u.Email = "Éabha", "O'Neill", "eabha.oneill@northgate.example"
			u.LockedAt, u.LockReason = s.Clock.Now(), gatehouse.LockedByOperator
		})
		s.AddUser("inkwell", "eabha@inkwell.example", password, func(u *gatehouse.User) { u.FirstName, u.LastName = "Éabha", "Byrne" })
		_, support, _ := operatorWithApp(t, s, "tbello", gatehouse.RoleSupport)
		found := func(q string) string {
			return support.Get("/operator/find?q=" + url.QueryEscape(q)).Want(200).Text("main")
		}
		for _, q := range []string{"eoneill", "EONEILL", "eabha.oneill@northgate.example", "o'neill", "éabha o'neill", "O'Neill, Éabha", "Éabha O"} {
			if text := found(q); !strings.Contains(text, "Éabha O'Neill") || !strings.Contains(text, "Meridian UK") {
				t.Errorf("%q: %s", q, text)
			}
		}
		if text := found("éabha"); !strings.Contains(text, "O'Neill") || !strings.Contains(text, "Byrne") || !strings.Contains(text, "Inkwell") {
			t.Errorf("on all sites: %s", text)
		}
		for _, q := range []string{"%", "_", "*", "zebra", "' OR 1=1 --"} {
			if text := found(q); !strings.Contains(text, "Nothing found") {
				t.Errorf("%q: %s", q, text)
			}
		}
		page := support.Follow(support.Get("/operator/find?q=eoneill").Want(200), "Éabha O'Neill").Want(200)
		if text := page.Text("[data-barrier]"); !strings.Contains(text, "only support can unlock it") {
			t.Errorf("why: %s", text)
		}
		for _, act := range []string{"/reset-two-factor", "/deactivate", "/make-administrator", "/edit"} {
			if page.Find("a[href$='"+act+"']").Length() > 0 {
				t.Errorf("support is offered %s", act)
			}
		}
		support.Get(page.URL.Path + "/deactivate").Want(http.StatusForbidden)
		ask := support.Follow(page, "Unlock").Want(200)
		done := support.Submit(ask, "form[action$='/unlock']", nil).Want(200)
		if !done.Has("Unlocked") && !strings.Contains(done.Text("main"), "unlocked") || s.User(u).Locked() {
			t.Errorf("unlocking: %s", done.Text("main"))
		}
		if !strings.Contains(done.Text("main"), "Tbello") && !strings.Contains(done.Text("main"), "tbello") && !strings.Contains(done.Text("main"), "Santos") {
			t.Errorf("operators read who did it: %s", done.Text("main"))
		}
		wantHome(t, signIn(visitor(t, s, "meridian-uk"), "eoneill", password))
	})
}

// The reference on an error page, and the address that somebody calls from, lead to what happened and
// to whom. Nobody but operators looks it up.
func TestC12_AReferenceFindsWhatHappened(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "jdoe", password, nil)
		wrong := signIn(visitor(t, s, "meridian-uk"), "jdoe", "not it")
		events, err := s.Store.Read().EventsOfUser(t.Context(), u.SiteID, u.ID, 1)
		if err != nil || len(events) == 0 || wrong.Status == http.StatusOK {
			t.Fatalf("%d, %v, %v", wrong.Status, events, err)
		}
		reference, address := events[0].Reference, events[0].IPAddress
		_, support, _ := operatorWithApp(t, s, "tbello", gatehouse.RoleSupport)
		for _, q := range []string{reference, strings.ToLower(strings.ReplaceAll(reference, "-", " ")), address, address[:strings.LastIndex(address, ".")+1]} {
			p := support.Get("/operator/find?q=" + url.QueryEscape(q)).Want(200)
			if !p.Has("Wrong password") || p.Find("main a[href*='/operator/sites/meridian-uk/users/']").Length() == 0 || !p.Has(reference) {
				t.Errorf("%q: %s", q, p.Text("main"))
			}
		}
		if p := support.Get("/operator/find?q=GH-0000-0000").Want(200); !p.Has("Nothing found") {
			t.Errorf("%s", p.Text("main"))
		}
	})
}
