package journeys

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/testkit"
)

// johnSmith is the example of the policy's description.
const johnSmith = "JohnSmith@mycompany.com"

func TestA11_EveryFailedRuleAtOnceNextToTheField(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", johnSmith, password, nil)
		c := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(c, johnSmith, password))
		p := c.Get("/account/password")
		minimum := s.Sites.ByID("meridian-uk").Policy.Password.MinLength
		if want := fmt.Sprintf("At least %d characters", minimum); !p.Has(want) || !p.Has("not one of your last 5 passwords") {
			t.Errorf("the requirements are not listed: %q", p.Text("[data-reqs]"))
		}
		for tried, want := range map[string][]string{
			"Johnsmith3":       {"Don’t use any part of your username", "less common"},
			"xMYCOMPANYx77":    {"Don’t use any part of your username"},
			"aaa":              {fmt.Sprintf("Use at least %d characters", minimum), "Add an upper-case letter", "Add a number", "less common"},
			"SMITH":            {fmt.Sprintf("Use at least %d characters", minimum), "Add a lower-case letter", "Add a number", "Don’t use any part of your username", "less common"},
			"Password1":        {"less common"},
			password:           {"Choose a password that is not your current one"},
			"Aa1 " + long(300): {"Use 256 characters or fewer"},
		} {
			bad := c.Submit(p, changeForm, testkit.Values{"current_password": password, "new_password": tried, "repeat_password": tried})
			errors := bad.Texts("#new_password-error p")
			if bad.Status != 422 || len(errors) != len(want) {
				t.Errorf("%.20s: %d %q, want %q", tried, bad.Status, errors, want)
				continue
			}
			for i := range want {
				if !strings.Contains(errors[i], want[i]) {
					t.Errorf("%.20s: %q, want %q", tried, errors[i], want[i])
				}
			}
		}
	})
}

func long(n int) string { return strings.Repeat("x", n) }

// The last five, including the current one.
func TestA11_UnlikeTheLastFive(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		c := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(c, "msantos", password))
		change := func(from, to string) *testkit.Page {
			return c.Submit(c.Get("/account/password"), changeForm, testkit.Values{"current_password": from, "new_password": to, "repeat_password": to})
		}
		now := password
		for i := range 5 {
			s.Clock.Add(time.Minute)
			next := fmt.Sprintf("Kestrel-Orbit-%d-Lamp", 40+i)
			if p := change(now, next); p.Status != 200 {
				t.Fatalf("%s: %d %q", next, p.Status, p.Text("main"))
			}
			now = next
			if p := change(now, password); (p.Status == 422) != (i < 4) {
				t.Fatalf("the first one, %d changes later: %d %q", i+1, p.Status, p.Text("main"))
			} else if i < 4 && !strings.Contains(p.Text("#new_password-error"), "not one of your last 5") {
				t.Errorf("%q", p.Text("#new_password-error"))
			}
		}
	})
}

// With scripts the requirements are ticked while somebody types; the server's word is
// the same.
func TestA11_TheRequirementsAreTickedLive(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	s.AddUser("meridian-uk", johnSmith, password, nil)
	b := testkit.Browser(t)
	browserSignIn(b, s, "meridian-uk", "Username", johnSmith, password)
	b.See("Good ")
	b.Open(s.URL("meridian-uk", "/account/password"))
	met := func() string {
		return testkit.Eval[string](b, `[...document.querySelectorAll("[data-rule][data-met]")].map(li => li.dataset.rule).join(" ")`)
	}
	b.Fill("Current password", password)
	for _, c := range []struct{ typed, repeated, want string }{
		{"", "", ""},
		{"smith", "", "lower same"},
		{"Johnsmith3", "Johnsmith3", "length upper lower digit same match"},
		{password, password, "length upper lower digit username match"},
		{"Éé3ßßß", "", "upper lower digit username same"},
		{"👩‍👩‍👧‍👦Aa1", "", "length upper lower digit username same"},
		{newPassword, newPassword, "length upper lower digit username same match"},
	} {
		b.Fill("New password", c.typed)
		b.Fill("Repeat new password", c.repeated)
		if got := met(); got != c.want {
			t.Errorf("%q: met are %q, want %q", c.typed, got, c.want)
		}
	}
	b.Screenshot("ticked")
	b.Press("Save new password")
	b.See("Your password has been changed")
}
