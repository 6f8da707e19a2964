package journeys

import (
	"net/url"
	"testing"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

const newView = "form[action='/searches/new']"

// savesView saves the filter of an event log's page as a view, and returns the page that it leads to.
func savesView(c *testkit.Client, filter string, values testkit.Values) *testkit.Page {
	return c.Submit(c.Follow(c.Get("/operator/events?"+filter).Want(200), "Save this view").Want(200), newView, values).Want(200)
}

// chips are the saved views above the events.
func chips(p *testkit.Page) []string { return p.Texts("nav .chip bdi") }

// An operator saves filters of the event log as views, opens them with their filters, renames them, puts
// another filter in the place of one, and deletes them. What is wrong is said at its field, and nothing typed
// is lost.
func TestC13_ViewsOfTheEventLogAreSaved(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		_, c, _ := operatorWithApp(t, s, "skeller", gatehouse.RoleSecurity)
		bare := c.Get("/operator/events").Want(200)
		if bare.Find("a[href^='/searches']").Length() > 0 {
			t.Error("without a filter there is something to save")
		}
		ask := c.Follow(c.Get("/operator/events?kind=mail&site=meridian-uk&before=evt_1").Want(200), "Save this view").Want(200)
		if !contains(ask.Text("main"), "Mail and alerts", "meridian-uk", "Share with the other operators") {
			t.Errorf("it asks: %q", ask.Text("main"))
		}
		if bad := c.Submit(ask, newView, testkit.Values{"name": " ", "share": "on"}).Want(422); !bad.Has("Enter a name for the view") || bad.Find("#share[checked]").Length() != 1 {
			t.Errorf("without a name: %q", bad.Text("main"))
		}
		at := c.Submit(ask, newView, testkit.Values{"name": "Mail of the UK"}).Want(200)
		if at.URL.Path != "/operator/events" || at.URL.Query().Get("kind") != "mail" || at.URL.Query().Has("before") || at.Find(".chip[aria-current]").Text() == "" {
			t.Errorf("saved: %s %q", at.URL, chips(at))
		}
		if p := c.Get("/operator/events?" + at.URL.RawQuery).Want(200); p.Find("a:contains('Save this view')").Length() > 0 {
			t.Error("what is saved is offered to be saved")
		}
		ask = c.Follow(c.Get("/operator/events?kind=users&result=not-ok").Want(200), "Save this view").Want(200)
		id := ask.MustFind("#instead option:contains('Mail of the UK')").AttrOr("value", "")
		at = c.Submit(ask, newView, testkit.Values{"name": "Users who fail", "instead": id}).Want(200)
		if got := chips(at); len(got) != 1 || got[0] != "Users who fail" || at.URL.Query().Get("result") != "not-ok" {
			t.Errorf("in its place: %s %q", at.URL, got)
		}
		one := c.Follow(c.Follow(at, "Edit").Want(200), "Change or delete").Want(200)
		list := c.Submit(one, "form[action='"+one.URL.Path+"']", testkit.Values{"name": "Failing users"}).Want(200)
		if !contains(list.Text("main"), "The view has been saved", "Failing users", "Users", "Failed") {
			t.Errorf("renamed: %q", list.Text("main"))
		}
		list = c.Press(c.Follow(list, "Change or delete").Want(200), "Delete this view", nil).Want(200)
		if !contains(list.Text("main"), "The view has been deleted", "No saved views yet") || len(chips(c.Get("/operator/events"))) > 0 {
			t.Errorf("deleted: %q", list.Text("main"))
		}
		if p := c.Submit(ask, newView, testkit.Values{"name": "Late", "instead": id}); p.Status != 404 {
			t.Errorf("in place of one that is gone: %d", p.Status)
		}
	})
}

// A shared view is there for all who may read the event log, with the name of who shares it, as long as that
// one may; others hide it, or save a copy. Support has no views, and a customer none of operators.
func TestC13_ViewsAreSharedWithOperators(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		me, c, _ := operatorWithApp(t, s, "skeller", gatehouse.RoleSecurity)
		_, owner, _ := operatorWithApp(t, s, "ohale", gatehouse.RoleOwner)
		_, support, _ := operatorWithApp(t, s, "tbello", gatehouse.RoleSupport)
		const view = "/operator/events?result=not-ok"
		savesView(c, "result=not-ok", testkit.Values{"name": "What failed", "share": "on"})
		p := owner.Get("/operator/events").Want(200)
		if got := chips(p); len(got) != 1 || got[0] != "What failed" || !contains(p.Text("nav .chips"), "by "+me.DisplayName()) {
			t.Errorf("another operator has %q", got)
		}
		one := owner.Follow(owner.Get("/searches").Want(200), "Copy or hide").Want(200)
		if copied := owner.Submit(owner.Follow(one, "Save my own copy").Want(200), newView, nil).Want(200); copied.URL.RequestURI() != view || len(chips(copied)) != 2 {
			t.Errorf("copied: %s %q", copied.URL, chips(copied))
		}
		owner.Press(one, "Hide this view", nil).Want(200)
		if got := chips(owner.Get("/operator/events").Want(200)); len(got) != 1 {
			t.Errorf("hidden: %q", got)
		}
		ask := "/searches/new?" + url.Values{"search": {view}}.Encode()
		support.Get(ask).Want(404)
		if p := support.Get("/searches").Want(200); p.Has("What failed") {
			t.Errorf("support has %q", p.Text("main"))
		}
		support.Get(one.URL.Path).Want(404)
		s.AddUser("meridian-uk", "msantos", password, administrator)
		customer := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(customer, "msantos", password))
		customer.Get(ask).Want(404)
		customer.Get(one.URL.Path).Want(404)
		log := owner.Get("/operator/events?kind=search.shared").Want(200).Text("table tbody")
		if !contains(log, me.DisplayName()) {
			t.Errorf("the event log: %q", log)
		}
		owner.Press(owner.Get(one.URL.Path).Want(200), "Show again", nil).Want(200)
		me.Role = gatehouse.RoleSupport
		s.Write(func(q store.Queries) error { return q.UpdateProfile(t.Context(), me, s.Clock.Now()) })
		if got := chips(owner.Get("/operator/events").Want(200)); len(got) != 1 {
			t.Errorf("the one who shared it may not read events any longer, and it is there: %q", got)
		}
	})
}

// A view whose filter looks for something that is gone says so, and what it is at its field; it is not saved
// so, and another filter can take its place.
func TestC13_AViewOfWhatIsGoneSaysSo(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "kim", password, nil)
		firm := s.CompanyOf(u)
		_, c, _ := operatorWithApp(t, s, "skeller", gatehouse.RoleSecurity)
		at := savesView(c, url.Values{"company": {firm.AccountNumber}}.Encode(), testkit.Values{"name": "Northgate"})
		if at.Find("[data-gone]").Length() > 0 {
			t.Errorf("it is there: %q", at.Text("main"))
		}
		name, number := "Harlow", "H-1"
		if _, err := s.Directory.UpdateCompany(t.Context(), s.Sites.ByID(firm.SiteID), operator, firm.ID, directory.CompanyChange{Name: &name, AccountNumber: &number}); err != nil {
			t.Fatal(err)
		}
		p := c.Get(at.URL.RequestURI()).Want(422)
		if !contains(p.Text("[data-gone]"), "“Northgate” looks for something that is no longer there") || p.Find("#company[aria-invalid]").Length() != 1 || p.Find("a:contains('Save this view')").Length() > 0 {
			t.Errorf("%q", p.Text("main"))
		}
		if p := c.Get("/operator/events?company=zebra").Want(422); p.Find("[data-gone]").Length() > 0 {
			t.Error("what is not saved is no view that is wrong")
		}
	})
}
