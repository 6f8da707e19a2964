package journeys

import (
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// An administrator exports the users who were found: those of all pages, with the columns that are
// shown, in a file that a spreadsheet opens and takes nothing in for a formula. The log says so.
func TestA09_UsersAreExported(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "tadeyemi", password, func(u *gatehouse.User) { u.FirstName, u.LastName = "Tom", "Adeyemi" })
		with := func(name, first, last string) {
			s.AddUser("meridian-uk", name, "", func(n *gatehouse.User) { n.CompanyID, n.FirstName, n.LastName = u.CompanyID, first, last })
		}
		with("formula", `=HYPERLINK("http://evil.example","x")`, "Zoë, Åberg")
		for i := range 60 {
			with("many"+string(rune('a'+i/26))+string(rune('a'+i%26)), "Mira", "Santos")
		}
		other := gatehouse.Company{ID: "com_other", SiteID: "meridian-uk", Name: "Other", AccountNumber: "2", CreatedAt: s.Clock.Now()}
		puts(t, s, func(q store.Queries) error { return q.InsertCompany(t.Context(), other) })
		s.AddUser("meridian-uk", "elsewhere", "", func(n *gatehouse.User) { n.CompanyID = other.ID })
		admin := administratorOf(t, s, u)
		export := func(query string) ([][]string, *testkit.Page) {
			t.Helper()
			list := admin.Get("/company/users" + query).Want(200)
			file := admin.Submit(list, "form[action='/company/users/export']", nil).Want(200)
			text, marked := strings.CutPrefix(string(file.Body), "\ufeff")
			rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
			if err != nil || !marked || len(rows) == 0 {
				t.Fatalf("%v %q", err, text)
			}
			return rows, file
		}
		rows, file := export("?q=san+mir&col=email&col=created")
		if strings.Join(rows[0], ",") != "Name,Username,Email address,Added" || len(rows) != 61 || rows[1][0] != "Mira Santos" || rows[60][1] != "manych" {
			t.Errorf("%d rows: %q", len(rows), rows[:2])
		}
		if kind, as := file.Header.Get("Content-Type"), file.Header.Get("Content-Disposition"); kind != "text/csv; charset=utf-8" || !strings.HasPrefix(as, `attachment; filename="users-`) {
			t.Errorf("%s, %s", kind, as)
		}
		rows, _ = export("?q=formula")
		if len(rows) != 2 || !strings.HasPrefix(rows[1][0], "'=HYPERLINK") || strings.Join(rows[0], ",") != "Name,Username,Email address,Role,Two-factor,Last sign-in,Status" {
			t.Errorf("%q", rows)
		}
		rows, file = export("")
		if len(rows) != 1+63 || strings.Contains(string(file.Body), "elsewhere") {
			t.Errorf("%d rows", len(rows))
		}
		events, err := s.Store.Read().EventPageOfUser(t.Context(), u.SiteID, "", store.EventPage{Kinds: []gatehouse.EventKind{gatehouse.EventUsersExported}, Limit: 9})
		if err != nil || len(events) != 3 || events[2].Detail["users"] != "60" || events[2].Detail["filter"] != "q=san+mir" || events[2].ActorName == "" {
			t.Errorf("%+v, %v", events, err)
		}
	})
}

// Filters combine, each says how many there would be, and everything is in the address.
func TestA09_PeopleAreFound(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "tadeyemi", password, func(u *gatehouse.User) { u.FirstName, u.LastName = "Tom", "Adeyemi" })
		for name, change := range map[string]func(*gatehouse.User){
			"locked1": func(n *gatehouse.User) {
				n.LockedAt, n.LockReason, n.FirstName = n.CreatedAt, gatehouse.LockedByAttempts, "Abigail"
				n.LastName = "Fischer"
			},
			"locked2": func(n *gatehouse.User) {
				n.LockedAt, n.LockReason, n.Email = n.CreatedAt, gatehouse.LockedByAttempts, ""
			},
			"nowhere1": func(n *gatehouse.User) { n.Email, n.FirstName, n.LastName = "", "Ben", "Álí" },
		} {
			s.AddUser("meridian-uk", name, "", func(n *gatehouse.User) { n.CompanyID = u.CompanyID; change(n) })
		}
		admin := administratorOf(t, s, u)
		chip := func(p *testkit.Page, text string) string {
			for _, c := range p.Texts(".chip") {
				if strings.HasPrefix(c, text+" ") {
					return strings.TrimPrefix(c, text+" ")
				}
			}
			return ""
		}
		all := admin.Get("/company/users").Want(200)
		if chip(all, "Locked") != "2" || chip(all, "No email address") != "2" {
			t.Errorf("%q", all.Texts(".chip"))
		}
		locked := admin.Get(all.MustFind(".chip[href='/company/users?group=locked']").AttrOr("href", "")).Want(200)
		if locked.Find("tbody tr").Length() != 2 || chip(locked, "No email address") != "1" || chip(locked, "All") != chip(all, "All") {
			t.Errorf("%q", locked.Texts(".chip"))
		}
		both := admin.Get("/company/users?group=locked&group=no-address").Want(200)
		if both.Find("tbody tr").Length() != 1 || !both.Has("locked2") || both.Find(".chip[aria-current=true]").Length() != 2 {
			t.Errorf("%q", both.Text("main"))
		}
		for q, want := range map[string]string{"ali+ben": "Ben Álí", "fischer+abigail": "Abigail Fischer", "FISCH": "Abigail Fischer", "tom+ade": "Tom Adeyemi"} {
			if p := admin.Get("/company/users?q=" + q).Want(200); p.Find("tbody tr").Length() != 1 || !p.Has(want) {
				t.Errorf("%s: %q", q, p.Texts("tbody tr"))
			}
		}
		if names := admin.Get("/company/users?order=down").Want(200).Texts("tbody th a"); names[len(names)-1] != "Tom Adeyemi" {
			t.Errorf("%q", names)
		}
	})
}

// Days are those of the company's time zone: who signs in after midnight there has been seen on another
// day, and the list that is kept in memory knows.
func TestA09_PeopleAreSeenOnTheCompanysDays(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		ann := s.AddUser("meridian-uk", "ann", password, nil)
		s.AddUser("meridian-uk", "ben", password, nil)
		puts(t, s, func(q store.Queries) error {
			return q.SetCompanyDetails(t.Context(), ann.SiteID, ann.CompanyID, gatehouse.CompanyDetails{Zone: "Asia/Tokyo"})
		})
		for _, name := range []string{"ann", "ben"} { // at nine in the evening
			wantHome(t, signIn(visitor(t, s, "meridian-uk"), name, password))
		}
		admin := administratorOf(t, s, ann)
		seen := func() string {
			return strings.Join(admin.Get("/company/users?q=santos&sort=seen&order=down").Want(200).Texts("tbody th small"), " ")
		}
		if got := seen(); got != "ben ann" {
			t.Fatalf("on one day: %s", got)
		}
		s.Clock.Add(4 * time.Hour) // one in the morning, and the same day at the site
		wantHome(t, signIn(visitor(t, s, "meridian-uk"), "ann", password))
		wantHome(t, signIn(admin, "imarchetti", password))
		if got := seen(); got != "ann ben" {
			t.Errorf("on the next one: %s", got)
		}
		if p := admin.Get("/company/users?q=ann&sort=seen").Want(200); p.Text("tbody time") != "22 November 2026" {
			t.Errorf("the day is %q", p.Text("tbody time"))
		}
	})
}
