package journeys

import (
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

const newSearchForm = "form[action='/searches/new']"

// saves saves the search of a page under a name, and returns the page that comes then.
func saves(c *testkit.Client, p *testkit.Page, name string) *testkit.Page {
	return c.Submit(c.Follow(p, "Save this search").Want(200), newSearchForm, testkit.Values{"name": name})
}

// savedOn are the names of the saved searches next to a page's search, with a star at the
// current one.
func savedOn(p *testkit.Page) string {
	var names []string
	for _, chip := range p.Find("nav[aria-label='Saved searches'] .chip").EachIter() {
		if name := strings.TrimSpace(chip.Text()); name != "Save this search" {
			if _, current := chip.Attr("aria-current"); current {
				name += "*"
			}
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// A search is saved under a name, found next to the search and on home, also after signing
// out, renamed and deleted; and nobody else has it.
func TestA06_SavedSearchesAreKept(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		c := visitor(t, s, "meridian-uk")
		p := signIn(c, "msantos", password)
		if strings.Contains(homeCards(p), "searches") || c.Get("/help").Find("nav[aria-label='Saved searches']").Length() != 0 || !c.Get("/searches").Has("No saved searches yet") {
			t.Fatal("there are searches that nobody saved")
		}
		p = c.Get("/help?q=locked")
		if name := c.Follow(p, "Save this search").MustFind("#name").AttrOr("value", ""); name != "locked" {
			t.Errorf("the name begins as %q", name)
		}
		p = saves(c, p, " If I am locked out ").Want(200)
		if p.URL.String() != s.URL("meridian-uk", "/help?q=locked") || savedOn(p) != "If I am locked out*" || p.Has("Save this search") {
			t.Fatalf("at %s: %s", p.URL, savedOn(p))
		}
		saves(c, c.Get("/search?q=password"), "Passwords").Want(200)
		if got := savedOn(c.Get("/search")); got != "Passwords" {
			t.Errorf("beside the search: %s", got)
		}
		c.Press(c.Get("/"), "Sign out", nil)
		p = signIn(c, "msantos", password)
		if got := strings.Join(p.Texts("#card-searches li a"), ", "); got != "If I am locked out, Passwords" {
			t.Fatalf("on home: %s", got)
		}
		if p := c.Follow(p, "If I am locked out").Want(200); p.URL.RequestURI() != "/help?q=locked" {
			t.Errorf("it opens %s", p.URL)
		}
		if p := pressCard(c, p, "searches", "up").Want(200); homeCards(p) != "platforms orders searches links checkup activity" {
			t.Error(homeCards(p))
		}
		one := c.Get("/searches").MustFind("a[aria-label='Change or delete: Passwords']").AttrOr("href", "")
		p = c.Submit(c.Get(one), "form[action='"+one+"']", testkit.Values{"name": "All about passwords"}).Want(200)
		if p.URL.Path != "/searches" || !p.Has("The search has been saved.") || !p.Has("All about passwords") {
			t.Errorf("%s: %s", p.URL, p.Text("main"))
		}
		// Saved again, it gets another name and is not a second one.
		again := c.Get("/searches/new?search=%2Fsearch%3Fq%3Dpassword")
		c.Submit(again, newSearchForm, testkit.Values{"name": "Secrets"}).Want(200)
		if got := savedOn(c.Get("/search?q=password&x=y")); got != "Secrets*" {
			t.Errorf("saved again: %s", got)
		}
		// Nobody else sees, renames or deletes it, and the answer is the same as for one that
		// does not exist.
		s.AddUser("meridian-uk", "tom", password, nil)
		other := visitor(t, s, "meridian-uk")
		signIn(other, "tom", password)
		token := saves(other, other.Get("/help?q=mail"), "Mail").MustFind("input[name=form_token]").AttrOr("value", "")
		own := other.Get("/searches").MustFind("a[aria-label='Change or delete: Mail']").AttrOr("href", "")
		token = other.Get(own).MustFind("input[name=form_token]").AttrOr("value", token)
		for _, path := range []string{one, "/searches/sea_none"} {
			other.Get(path).Want(404)
			other.Post(path, map[string][]string{"form_token": {token}, "name": {"Mine"}}).Want(404)
			other.Post(path+"/delete", map[string][]string{"form_token": {token}}).Want(404)
		}
		visitor(t, s, "meridian-uk").Get("/searches").Want(200).MustFind(signInForm)
		p = c.Press(c.Get(one), "Delete this search", nil).Want(200)
		if !p.Has("The search has been deleted.") || p.Has("Secrets") || savedOn(c.Get("/search")) != "" {
			t.Error(p.Text("main"))
		}
		c.Get(one).Want(404)
	})
}

// Administrators save filters of their company's users. A former administrator has no use for
// them, and does not see them.
func TestA06_SavedSearchesAmongUsers(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		s := testkit.NewServer(t, url)
		boss := s.AddUser("meridian-uk", "boss", password, func(u *gatehouse.User) { u.Role = gatehouse.RoleAdmin })
		c := visitor(t, s, "meridian-uk")
		signIn(c, "boss", password)
		if c.Get("/company/users?after=a").Has("Save this search") {
			t.Error("everybody can be saved")
		}
		p := saves(c, c.Get("/company/users?q=bo&role=admin&after=a&group="), "Our administrators").Want(200)
		if p.URL.RequestURI() != "/company/users?q=bo&role=admin" || savedOn(p) != "Our administrators*" || p.Find("tbody tr").Length() != 1 {
			t.Fatalf("%s: %s", p.URL, savedOn(p))
		}
		if got := savedOn(c.Get("/help?q=bo")); got != "" {
			t.Errorf("beside another search: %s", got)
		}
		if p := c.Get("/searches"); !p.Has("“bo”, Administrator, among your company’s users") {
			t.Error(p.Text("main"))
		}
		testkit.Exec(t, url, `UPDATE users SET role = 'user' WHERE id = $1`, boss.ID)
		if p := c.Get("/"); strings.Contains(homeCards(p), "searches") || c.Get("/searches").Has("Our administrators") {
			t.Error("a user has them")
		}
		c.Get("/searches/new?search=%2Fcompany%2Fusers%3Fq%3Dbo").Want(404)
	})
}

// What cannot be saved, and why.
func TestA06_SavedSearchesHaveLimits(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		c := visitor(t, s, "meridian-uk")
		signIn(c, "msantos", password)
		for _, address := range []string{"", "/", "/help", "/search%3Fq%3D", "https%3A%2F%2Fevil.example%2Fsearch%3Fq%3Dx", "%2F%2Fevil.example%2Fhelp%3Fq%3Dx", "javascript%3Aalert(1)", "%2Fsearch%3Fq%3D" + strings.Repeat("x", 400)} {
			c.Get("/searches/new?search=" + address).Want(404)
		}
		form := c.Get("/searches/new?search=%2Fhelp%3Fq%3Da")
		for name, want := range map[string]string{"": "Enter a name for the search", "  ": "Enter a name for the search", strings.Repeat("é", 61): "Enter 60 characters or fewer", "a\tb": "Remove invisible characters"} {
			if p := c.Submit(form, newSearchForm, testkit.Values{"name": name}).Want(422); !p.Has(want) {
				t.Errorf("%q: %s", name, p.Text("main"))
			}
		}
		c.Submit(form, newSearchForm, testkit.Values{"name": "a", "search": "https://evil.example/help?q=x"}).Want(404)
		long := strings.Repeat("é", 60)
		if p := c.Submit(form, newSearchForm, testkit.Values{"name": long}).Want(200); savedOn(p) != long+"*" {
			t.Error(savedOn(p))
		}
		for i := range gatehouse.MostSavedSearches - 1 {
			saves(c, c.Get("/search?q=word"+strings.Repeat("x", i)), "<b>"+strings.Repeat("y", i)).Want(200)
		}
		if p := saves(c, c.Get("/search?q=one+more"), "Too many").Want(409); !p.Has("You have 30 saved searches") || p.MustFind("#name").AttrOr("value", "") != "Too many" {
			t.Error(p.Text("main"))
		}
		c.Submit(form, newSearchForm, testkit.Values{"name": "One that is there"}).Want(200)
		s.AddUser("meridian-uk", "bare", password, func(u *gatehouse.User) { u.FirstName = "" })
		c = visitor(t, s, "meridian-uk")
		signIn(c, "bare", password)
		p := c.Follow(c.Get("/search?q=password"), "Save this search").Want(200)
		if !p.Has("Complete your profile to save searches.") || p.Find(newSearchForm).Length() != 0 {
			t.Error(p.Text("main"))
		}
	})
}

// The cards of home are searched, too.
func TestA06_SavedSearchesFindCards(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		a := launches(t, s, "meridian-uk", "Order desk", nil)
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		card := gatehouse.PlatformCard{SiteID: u.SiteID, UserID: u.ID, ApplicationID: a.ID, Card: "recent", AsOf: s.Clock.Now(), ExpiresAt: s.Clock.Now().AddDate(0, 0, 1),
			Body: gatehouse.CardBody{Title: "Recent orders", Lines: []gatehouse.CardLine{{Title: "SO-884120", Text: "48 × Laptop", Link: "https://order-desk.example/884120"}, {Title: "SO-7", Text: "Chair"}}}}
		s.Write(func(q store.Queries) error { return q.PutCard(t.Context(), card) })
		c := visitor(t, s, "meridian-uk")
		signIn(c, "msantos", password)
		p := saves(c, c.Get("/search?q=laptop"), "Laptops").Want(200)
		if p.Find("a[href='https://order-desk.example/884120']").Length() != 1 || p.Has("SO-7") {
			t.Error(p.Text("main"))
		}
		if c.Get("/search?q=chair").Find("a[href='/#card-"+string(gatehouse.Supplied(a.ID, "recent"))+"']").Length() != 1 {
			t.Error("a line without an address is not found on home")
		}
	})
}
