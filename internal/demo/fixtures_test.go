package demo

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"gatehouse"
	"gatehouse/internal/site"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/testkit/pages"
	"gatehouse/internal/web/ui"
)

var suite = pages.Suite{
	Files:       templates,
	New:         sync.OnceValues(func() (*ui.Pages, error) { return ui.New(templates) }),
	Samples:     samples,
	Hostile:     hostile,
	EnglishOnly: true,
}

func TestViews(t *testing.T) { suite.Test(t) }

// show renders a page of the demo.
func show(t *testing.T, view ui.View, path string) *goquery.Document {
	t.Helper()
	return suite.Show(t, "uk", view, func(f *ui.Frame) { f.Site, f.Path = nil, path })
}

// samples are both pages in every state that changes them.
func samples() []pages.Sample {
	one := Mail{ID: "m2", Text: "Hello"}
	list := []pages.Sample{
		{Name: "tour", View: testTour()},
		{Name: "inbox", View: testInbox()},
		{Name: "inbox-one", View: InboxPage{Messages: testInbox().Messages, Open: &one, To: "a+b@example.com", SMTP: "127.0.0.1:2525"}},
		{Name: "inbox-unopened", View: InboxPage{Messages: testInbox().Messages}},
		{Name: "inbox-empty", View: InboxPage{}},
	}
	for i := range list {
		list[i].Siteless = true
	}
	return list
}

// hostile puts a probe into what people have written.
func hostile(v ui.View, probe string) ui.View {
	switch v := v.(type) {
	case InboxPage:
		m := Mail{ID: probe, To: probe, From: probe, Subject: probe, Text: probe + " https://example.com/" + probe, At: fixture.Noon, HTML: probe}
		v.Messages, v.Open, v.To, v.SMTP = []Mail{m}, &m, probe, probe
		return v
	case Tour:
		v.Sites[0].Accounts = []Account{{Username: probe, Password: probe, Email: probe, FirstName: probe, Company: probe, Role: gatehouse.Role(probe), State: State(probe), Note: probe}}
		v.Apps = []App{{Site: v.Apps[0].Site, Account: Account{Username: probe, FirstName: probe, RecoveryCodes: []string{probe}}, Name: probe, Code: probe}}
		v.SMTP = probe
		return v
	}
	return v
}

// testTour has users in every state, and all users of the paths.
func testTour() Tour {
	sites := fixture.Sites()
	people := []Account{
		{Username: "msantos", Password: "Harbour-7-Lantern", Email: "mira@northgate.example", FirstName: "Mira", LastName: "Santos", Company: "Northgate Systems Ltd", Role: gatehouse.RoleAdmin, State: StateActive, Note: "Signs in and sees the home page."},
		{Username: "tadeyemi", Password: "kite-Fig-42", Email: "tom@northgate.example", FirstName: "Tom", LastName: "Adeyemi", Company: "Northgate Systems Ltd", Role: gatehouse.RoleUser, State: StateLocked, Note: "The page gives nothing away; the inbox has the mail about the lock."},
		{Username: "pnair", Password: "Temp-4410-oak", Company: "Hartley Academy", Role: gatehouse.RoleUser, State: StateNoEmail, Note: "Nobody can mail this person."},
	}
	for _, state := range slices.Sorted(maps.Keys(stateLooks)) {
		people = append(people, Account{Username: "u-" + string(state), Password: "Some-pass-1", Email: "u@example.com", FirstName: "Some", LastName: "Person", Company: "Koala Networks Pty", Role: gatehouse.RoleUser, State: state})
	}
	known := map[string]bool{}
	for _, p := range paths {
		for _, s := range p.steps {
			if known[s.as] {
				continue
			}
			known[s.as] = true
			people = append(people, Account{Username: s.as, Password: "Harbour-Lantern-42", Email: "mira@northgate.example", Role: gatehouse.RoleUser, State: StateActive})
		}
	}
	people = append(people, Account{Username: "odd"})
	tour := Tour{SMTP: "127.0.0.1:2525"}
	for _, id := range []string{"uk", "au", "inkwell"} {
		tour.Sites = append(tour.Sites, SiteAccounts{Site: sites[id], Accounts: slices.Clone(people)})
	}
	tour.Platforms = []Platform{{Name: "Storefront", URL: "http://shop.localhost:8080/", Site: sites["uk"]}, {Name: "Order desk", URL: "http://orders.localhost:8080/", Site: sites["uk"]}, {Name: "Clearance store", URL: "http://clearance.localhost:8080/", Site: sites["uk"], Restricted: true}}
	tour.Now = fixture.Noon.Add(13 * time.Second)
	tour.Apps = []App{{Site: sites["uk"], Account: Account{Username: "msantos", FirstName: "Mira", LastName: "Santos", RecoveryCodes: []string{"K7MP-2QXA-9D4T"}}, Name: "Phone", Code: "081804"},
		{Site: sites["uk"], Account: people[1], Name: "A long name of a tablet in the office", Code: "417223", Waiting: true}}
	tour.Sites = append(tour.Sites, SiteAccounts{Site: &site.Site{Site: gatehouse.Site{Name: "Bare", Origin: "bare"}}})
	return tour
}

func testInbox() InboxPage {
	list := []Mail{
		{ID: "m3", To: "mira@northgate.example", From: "Meridian UK <no-reply@uk.meridian.example>", Subject: "Your Meridian UK account is locked", At: fixture.Noon, HTML: "<p>Hello",
			Text: "Hello Mira,\n\nyour account was locked at 14:32 GMT after several wrong tries.\n\nChoose a new password: http://uk.localhost:8080/forgot-password?a=1&b=2.\n\nMeridian UK\n"},
		{ID: "m2", To: "tom@northgate.example", Subject: "418 207 is your Meridian UK code", At: fixture.Noon.Add(-time.Hour)},
		{ID: "m1", To: "tom@northgate.example", At: fixture.Noon.Add(-26 * time.Hour)},
	}
	return InboxPage{Messages: list, Open: &list[0], SMTP: "127.0.0.1:2525"}
}

func TestTour(t *testing.T) {
	doc := show(t, testTour(), "/")
	for _, want := range []string{"a[href='http://uk.localhost:8080/sign-in']", "a[href='http://shop.localhost:8080/']", "a[href='http://orders.localhost:8080/']", "a[href='/inbox?to=mira%40northgate.example']", "#site-0-0-password"} {
		if doc.Find(want).Length() == 0 {
			t.Errorf("no %s", want)
		}
	}
	if got := doc.Find("#site-0-0-password").Text(); got != "Harbour-7-Lantern" {
		t.Error(got)
	}
	if n := doc.Find(".tour-steps a[href]").Length(); n < 15 {
		t.Errorf("%d steps of the paths", n)
	}
}

func TestEveryStateHasWords(t *testing.T) {
	for state := range checks {
		if state.Text() == "" {
			t.Errorf("%s has no words", state)
		}
	}
}

func TestInboxFramesNothingButItself(t *testing.T) {
	doc := show(t, testInbox(), "/inbox")
	if pages.Attr(doc, "iframe", "src") != "/inbox/messages/m3.html" || strings.Contains(pages.Attr(doc, "iframe", "sandbox"), "allow-s") {
		t.Error("the frame")
	}
	if got := pages.Attr(doc, "pre a", "href"); got != "http://uk.localhost:8080/forgot-password?a=1&b=2" {
		t.Errorf("the link in the text: %s", got)
	}
	if pages.Attr(doc, "[data-inbox]", "data-inbox") != "m3" {
		t.Error("the script would not know what is new")
	}
	if !strings.HasPrefix(InboxPolicy, ui.Policy) || !strings.Contains(InboxPolicy, "frame-src 'self'") || strings.Contains(MailPolicy, "script") {
		t.Error("policies")
	}
}

func TestFramedMail(t *testing.T) {
	for in, want := range map[string]string{
		"<p>x":                              `<base target="_blank"><p>x`,
		`<!doctype html><HEAD lang="x"><p>`: `<!doctype html><HEAD lang="x"><base target="_blank"><p>`,
		"İ<header>x":                        `<base target="_blank">İ<header>x`,
	} {
		if got := string(framedMail(in)); got != want {
			t.Errorf("%s: %s", in, got)
		}
	}
}
