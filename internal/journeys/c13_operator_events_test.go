package journeys

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/testkit"
)

// logRows are the events of the operators' log, in words.
func logRows(c *testkit.Client, query string) (*testkit.Page, []string) {
	p := c.Get("/operator/events?" + query).Want(200)
	return p, p.Texts("section[aria-labelledby=events] tbody tr")
}

// Somebody guesses at an account, an administrator turns it off, an operator turns it on: security finds
// each of it among the events of all sites by who, what, when, and from where, and opens it with what was
// before. Support has no such page.
func TestC13_OperatorsReadTheEventsOfAllSites(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "tadeyemi", password, func(u *gatehouse.User) { u.FirstName, u.LastName = "Tom", "Adeyemi" })
		c := visitor(t, s, "meridian-uk")
		signIn(c, u.Username, "wrong")
		s.AddUser("inkwell", "pat@inkwell.example", password, nil)
		signIn(visitor(t, s, "inkwell"), "pat@inkwell.example", "wrong")
		_, support, _ := operatorWithApp(t, s, "tbello", gatehouse.RoleSupport)
		_, security, _ := operatorWithApp(t, s, "skeller", gatehouse.RoleSecurity)
		if p := support.Get("/operator/events"); p.Status != 403 || support.Get("/operator").Want(200).Find("a[href='/operator/events']").Length() != 0 {
			t.Errorf("support: %d", p.Status)
		}
		page := security.Get("/operator/sites/meridian-uk/users/" + u.ID + "/deactivate").Want(200)
		security.Submit(page, "main form[action$='/deactivate']", nil).Want(200)
		for query, want := range map[string][]string{
			"person=tadeyemi&kind=sign-ins":                   {"Wrong password", "Incorrect", "Tom Adeyemi", "Meridian UK"},
			"person=pat":                                      {"Wrong password", "pat@inkwell.example", "Inkwell Press"},
			"actor=skeller&kind=user.deactivated":             {"Tom Adeyemi", "Mira Santos"},
			"by=operator&person=tadeyemi":                     {"Tom Adeyemi", "Mira Santos"},
			"result=wrong&site=inkwell&address=127.0.0.0%2F8": {"pat@inkwell.example"},
			"person=tadeyemi&result=not-ok&from=" + today(s):  {"Wrong password"},
		} {
			p, rows := logRows(security, query)
			if len(rows) != 1 || !contains(rows[0], want...) {
				t.Errorf("%s: %q, %q", query, rows, p.Texts(".empty"))
			}
		}
		_, rows := logRows(security, "person=tadeyemi&to=2020-01-01")
		if len(rows) != 0 {
			t.Errorf("before it happened: %q", rows)
		}
		p, _ := logRows(security, "kind=user.deactivated")
		one := security.Follow(p, "The account was deactivated").Want(200)
		if main := one.Text("main"); !contains(main, "user.deactivated", "tadeyemi", "Mira Santos", "127.0.0.1", "Reference") || one.Find("main a[href='/operator/sites/meridian-uk/users/"+u.ID+"']").Length() != 1 {
			t.Errorf("%q", main)
		}
		all, rows := logRows(security, "site=operators")
		if len(rows) == 0 || strings.Contains(all.Text("main"), password) {
			t.Errorf("operators: %q", rows)
		}
	})
}

func today(s *testkit.Server) string { return s.Clock.Now().Format(time.DateOnly) }

// Page by page to the end and back, no event is missing or twice. What a filter cannot mean is said at its
// field, and everything typed is still there; wildcards are letters.
func TestC13_PagesAndWrongFiltersOfTheEventLog(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "tadeyemi", password, nil)
		for range 30 {
			c := visitor(t, s, "meridian-uk")
			signIn(c, u.Username, password)
			signOut(c)
			s.Clock.Add(time.Minute)
		}
		_, c, _ := operatorWithApp(t, s, "ohale", gatehouse.RoleOwner)
		p := c.Get("/operator/events").Want(200)
		links := func() []string {
			var all []string
			for _, n := range p.Find("section[aria-labelledby=events] tbody th a").EachIter() {
				href, _ := n.Attr("href")
				all = append(all, href)
			}
			return all
		}
		first, seen, pages := strings.Join(links(), " "), map[string]bool{}, 1
		for ; ; pages++ {
			for _, l := range links() {
				if seen[l] {
					t.Errorf("twice: %s", l)
				}
				seen[l] = true
			}
			if p.Find("a[rel=next]").Length() == 0 {
				break
			}
			p = c.Follow(p, "Older").Want(200)
		}
		if len(seen) < 60 || pages < 3 {
			t.Errorf("%d events on %d pages", len(seen), pages)
		}
		for p.Find("a[rel=prev]").Length() > 0 {
			p = c.Follow(p, "Newer").Want(200)
		}
		if got := strings.Join(links(), " "); got != first {
			t.Errorf("back at the first page: %q, was %q", got, first)
		}
		typed := url.Values{"person": {"%"}, "company": {"_"}, "from": {"tomorrow"}, "to": {"2026-02-30"}, "address": {"%"}, "reference": {"x"}, "actor": {"<script>"}}
		p = c.Get("/operator/events?" + typed.Encode())
		if p.Status != 422 || len(p.Texts(".error")) != 6 || len(p.Texts(".alert li")) != 6 {
			t.Errorf("%d: %q", p.Status, p.Texts(".error"))
		}
		for name := range typed {
			if value, _ := p.Find("main form [name=" + name + "]").Attr("value"); value != typed.Get(name) {
				t.Errorf("%s is now %q", name, value)
			}
		}
		for _, odd := range []string{"before=%25&after=_", "before='", "kind=", "before=evt_zzzz", "by=user%00&result=%ff"} {
			c.Get("/operator/events?" + odd).Want(200)
		}
	})
}

// What is filtered is downloaded as CSV and as JSON lines, with formulas disarmed, after fresh proof, and
// each download is an event.
func TestC13_TheEventLogIsDownloaded(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "=cmd|' /C calc'!A0", password, nil)
		signIn(visitor(t, s, "meridian-uk"), u.Username, "wrong")
		_, c, _ := operatorWithApp(t, s, "ohale", gatehouse.RoleSecurity)
		p, _ := logRows(c, "person="+u.ID)
		file := c.Follow(p, "Export as CSV").Want(200)
		rows, err := csv.NewReader(bytes.NewReader(file.Body)).ReadAll()
		if err != nil || len(rows) < 2 || rows[0][8] != "username" || rows[1][8] != "'"+u.Username || rows[1][4] != "sign_in.password" || !strings.Contains(file.Header.Get("Content-Disposition"), "attachment") {
			t.Errorf("%q, %v", file.Body, err)
		}
		var line struct{ Username, Kind, Site string }
		lines := strings.Split(strings.TrimSpace(string(c.Follow(p, "Export as JSON lines").Want(200).Body)), "\n")
		if err := json.Unmarshal([]byte(lines[0]), &line); err != nil || line.Username != u.Username || line.Site != "meridian-uk" || len(lines) != len(rows)-1 {
			t.Errorf("%q, %v", lines, err)
		}
		if _, told := logRows(c, "kind=events.exported"); len(told) != 2 {
			t.Errorf("%q", told)
		}
		if p := c.Get("/operator/files/events.csv?from=x"); p.Status != 422 && p.Status != 400 {
			t.Errorf("a wrong filter: %d", p.Status)
		}
		c.Get("/operator/files/events.exe").Want(404)
		s.Clock.Add(gatehouse.FreshFor + time.Second)
		if p := c.Get("/operator/files/events.csv"); p.Find("form[action='/step-up']").Length() != 1 {
			t.Errorf("without fresh proof: %d %s", p.Status, p.URL)
		}
	})
}
