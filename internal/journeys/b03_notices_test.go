package journeys

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"gatehouse"
	"gatehouse/internal/testkit"
)

// delivered waits until no mail is on its way, and returns the mails that each address
// has received.
func delivered(t *testing.T, s *testkit.Server) map[string][]testkit.Mail {
	t.Helper()
	testkit.Eventually(t, "all mails to be handed over", func() bool {
		waiting, _, err := s.Store.Read().MailQueue(t.Context(), s.Clock.Now())
		return err == nil && waiting == 0
	})
	got := map[string][]testkit.Mail{}
	for _, m := range s.Mail.All() {
		got[m.To[0]] = append(got[m.To[0]], m)
	}
	return got
}

func TestB03_EverybodyIsToldOnceInTheOwnLanguage(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		const site, secret = "inkwell", "a sentence that is long enough"
		admin := s.AddUser(site, "ada@fernhollow.example", secret, administrator)
		people := map[string]string{}
		for _, lang := range []string{"", "en-GB", "de", "fr"} {
			u := s.AddUser(site, "reader"+lang+"@fernhollow.example", "", func(u *gatehouse.User) { u.Locale = lang })
			people[u.Email] = lang
		}
		left := s.AddUser(site, "left@fernhollow.example", "", func(u *gatehouse.User) { u.State = gatehouse.Deactivated })
		c := visitor(t, s, site)
		wantHome(t, signIn(c, admin.Username, secret))
		for i, choice := range []string{"enabled", "disabled"} {
			finished(t, c, setTwoFactor(c, choice))
			got := delivered(t, s)
			for address, lang := range people {
				if lang == "" {
					lang = "en-GB"
				}
				mails := got[address]
				if len(mails) != i+1 {
					t.Fatalf("%s: %s has %d mails", choice, address, len(mails))
				}
				m := mails[i]
				if !strings.Contains(m.HTML, `lang="`+lang+`"`) || i > 0 && m.Subject == mails[0].Subject {
					t.Errorf("%s: %s reads %q, not in %s", choice, address, m.Subject, lang)
				}
				for _, want := range []string{"Mira Santos", s.URL(site, "")} {
					if !strings.Contains(m.Text, want) {
						t.Errorf("%s: the mail to %s does not say %q:\n%s", choice, address, want, m.Text)
					}
				}
			}
			if n := len(got[left.Email]); n > 0 {
				t.Errorf("%s: who is deactivated has %d mails", choice, n)
			}
		}
	})
}

func TestB03_UsersChangeDuringTheEnrolment(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		s := testkit.NewServer(t, url)
		const site = "meridian-uk"
		begun := s.AddUser(site, "msantos", password, administrator)
		second := s.AddUser(site, "tadeyemi", password, administrator)
		names := []string{"stays", "left", "moved", "deleted", "renamed"}
		users := map[string]gatehouse.User{}
		for _, name := range names {
			users[name] = s.AddUser(site, name, "", nil)
		}
		other := elsewhere(t, s, site, "pnair", administrator)
		c := visitor(t, s, site)
		wantHome(t, signIn(c, "tadeyemi", password))
		e := heldEnrolment(t, s, begun, true)
		testkit.Exec(t, url, `UPDATE users SET state = 'deactivated' WHERE id = $1`, users["left"].ID)
		testkit.Exec(t, url, `UPDATE users SET company_id = $2 WHERE id = $1`, users["moved"].ID, other.CompanyID)
		testkit.Exec(t, url, `DELETE FROM users WHERE id = $1`, users["deleted"].ID)
		testkit.Exec(t, url, `UPDATE users SET first_name = 'Ann', last_name = 'Other' WHERE id = $1`, users["renamed"].ID)
		testkit.Exec(t, url, `UPDATE users SET role = 'user' WHERE id = $1`, begun.ID) // the one who switched it on
		s.AddUser(site, "new", "", nil)                                                // after the enrolment began
		s.Clock.Add(hold)
		result := finished(t, c, c.Get(enrolmentPath(e)))
		if got := sum(t, result, "section"); !slices.Equal(got, []int{4, 0, 3, 0}) || !result.Has("7 users") {
			t.Errorf("%v: %s", got, result.Text("main"))
		}
		why := map[string]string{"left": "Deactivated", "moved": "Moved to another company", "deleted": "Deleted"}
		rows := c.Get(result.URL.Path + "?outcome=skipped").Want(200).Find("#users tbody tr")
		if rows.Length() != len(why) {
			t.Errorf("%d are skipped", rows.Length())
		}
		for name, want := range why {
			if row := result.Find("#users tbody tr:contains('" + name + "')").Text(); !strings.Contains(row, want) || !strings.Contains(row, "No email") {
				t.Errorf("%s: %q", name, row)
			}
		}
		if row := result.Find("#users tbody tr:contains('renamed')").Text(); !strings.Contains(row, "Ann Other") {
			t.Errorf("renamed: %q", row)
		}
		got := delivered(t, s)
		for _, name := range names {
			want := 1
			if why[name] != "" {
				want = 0
			}
			if n := len(got[users[name].Email]); n != want {
				t.Errorf("%s has %d mails, want %d", name, n, want)
			}
		}
		// A former administrator gets their own notice, and the summary goes to the
		// remaining one, in addition to the notice and the mail about a new browser.
		if a, b := len(got[begun.Email]), len(got[second.Email]); a != 1 || b != 3 {
			t.Errorf("%d mails to who began it, %d to the other administrator", a, b)
		}
	})
}

func TestB03_ChangingBackEndsTheEnrolment(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		const site = "meridian-uk"
		admin := s.AddUser(site, "msantos", password, administrator)
		plain := s.AddUser(site, "tadeyemi", "", nil)
		c := visitor(t, s, site)
		wantHome(t, signIn(c, "msantos", password))
		e := heldEnrolment(t, s, admin, true)
		back := finished(t, c, setTwoFactor(c, "disabled"))
		if got := sum(t, back, "section"); !slices.Equal(got, []int{2, 0, 0, 0}) {
			t.Errorf("switched back: %v", got)
		}
		first := c.Get(enrolmentPath(e)).Want(200)
		if !first.Has("The setting was changed back before everyone was told") || !first.Has("Setting changed back first") {
			t.Errorf("the run before: %s", first.Text("main"))
		}
		if got := sum(t, first, "section"); !slices.Equal(got, []int{0, 0, 2, 0}) {
			t.Errorf("the run before: %v", got)
		}
		states := c.Get(enhancedSecurityPath).Texts("section[aria-labelledby=history] tbody .badge")
		if !slices.Equal(states, []string{"Done", "Ended early"}) {
			t.Errorf("the history: %q", states)
		}
		if n := len(delivered(t, s)[plain.Email]); n != 1 {
			t.Errorf("%d mails, of one run that told nobody and one that told everybody", n)
		}
	})
}

// The demo's company can be enrolled on the page.
func TestB03_TheDemosCompany(t *testing.T) {
	t.Parallel()
	s := demoServer(t)
	const site = "meridian-uk"
	c := visitor(t, s, site)
	wantHome(t, signIn(c, "msantos", "Harbour-Lantern-42"))
	page := c.Get(enhancedSecurityPath).Want(200)
	promised := sum(t, page, "section[data-for=enabled]")
	if total := promised[0] + promised[1] + promised[2] + promised[3]; total != 152 || !page.Has("152 users") {
		t.Errorf("%d users: %v", total, promised)
	}
	result := finished(t, c, setTwoFactor(c, "enabled"))
	if got := sum(t, result, "section"); !slices.Equal(got, promised) {
		t.Errorf("promised %v, became %v", promised, got)
	}
	if !result.Has(fmt.Sprintf("Two-factor is on: %d users enrolled", promised[0])) {
		t.Error(result.Text("main .alert"))
	}
	seen := 0
	for next := result; ; {
		seen += next.Find("#users tbody tr").Length()
		to := next.Find(".pager a").FilterFunction(func(_ int, a *goquery.Selection) bool { return strings.HasPrefix(a.Text(), "Next page") })
		if to.Length() == 0 {
			break
		}
		next = c.Get(to.AttrOr("href", "")).Want(200)
	}
	if seen != 152 {
		t.Errorf("%d users on all pages", seen)
	}
}
