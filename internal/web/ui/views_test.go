package ui

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"gatehouse"
	"gatehouse/internal/site"
)

// show renders a view on a site of testSites.
func show(t *testing.T, id string, view View, change ...func(*Frame)) *goquery.Document {
	t.Helper()
	_, home := view.(Home)
	_, profile := view.(Profile)
	f := frameFor(testSites()[id], sample{signedIn: home || profile})
	for _, c := range change {
		c(&f)
	}
	html, err := newPages(t).Render(f, view)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, html)
}

func attr(doc *goquery.Document, sel, name string) string {
	v, _ := doc.Find(sel).Attr(name)
	return v
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

func TestSignInAsksForWhatTheSiteTakes(t *testing.T) {
	for id, want := range map[string]struct {
		label, mode    string
		forgotUsername int
	}{
		"uk": {"Username", "", 1}, "au": {"Username or email", "", 1}, "inkwell": {"Email address", "email", 0},
	} {
		doc := show(t, id, SignIn{})
		if got := doc.Find("label[for=username]").Text(); got != want.label {
			t.Errorf("%s: label %q", id, got)
		}
		if attr(doc, "#username", "type") != "text" || attr(doc, "#username", "inputmode") != want.mode || attr(doc, "#username", "autocomplete") != "username" {
			t.Errorf("%s: the first field", id)
		}
		if doc.Find("a[href='/forgot-username']").Length() != want.forgotUsername || doc.Find("a[href='/forgot-password']").Length() != 1 {
			t.Errorf("%s: the ways out", id)
		}
		if attr(doc, "#password", "autocomplete") != "current-password" || attr(doc, "#password", "maxlength") != "" {
			t.Errorf("%s: the password", id)
		}
	}
}

func TestSignInFailedKeepsTheNameAndNotThePassword(t *testing.T) {
	doc := show(t, "uk", SignIn{LastFailed: true, Username: "msantos", ReturnTo: "/a?b=c&d=e"})
	if attr(doc, "#username", "value") != "msantos" {
		t.Error("the name is lost")
	}
	if _, has := doc.Find("#password").Attr("value"); has {
		t.Error("the password stands in the page")
	}
	if attr(doc, "#password", "aria-invalid") != "true" || attr(doc, "#password", "aria-describedby") != "password-error" {
		t.Error("the password is not marked")
	}
	if !strings.HasPrefix(doc.Find("title").Text(), "Error: ") || doc.Find(".alert-bad[data-focus][tabindex='-1'][role=alert]").Length() != 1 {
		t.Error("the error is not announced")
	}
	if got := attr(doc, "form", "action"); got != "/sign-in?return_to=%2fa%3fb%3dc%26d%3de" {
		t.Errorf("action %s", got)
	}
	alert := doc.Find(".alert-bad")
	for _, sel := range []string{"a[href='/forgot-password']", "a[href='tel:03450100482']", "a[href='mailto:help@uk.meridian.example']"} {
		if alert.Find(sel).Length() != 1 {
			t.Errorf("the alert lacks %s", sel)
		}
	}
}

// TestSignInSaysOneThing: the most pressing state wins.
func TestSignInSaysOneThing(t *testing.T) {
	doc := show(t, "uk", SignIn{LastFailed: true, Expired: true, SignedOut: true})
	if n := doc.Find(".alert").Length(); n != 1 {
		t.Errorf("%d alerts", n)
	}
}

func TestSummaryLinksToTheFields(t *testing.T) {
	doc := show(t, "au", SignIn{Fields: []gatehouse.FieldError{
		{Field: "password", Code: "required"}, {Field: "username", Code: "required"}, {Field: "elsewhere", Code: "required"}}})
	var got []string
	doc.Find(".alert-bad li a").Each(func(_ int, s *goquery.Selection) {
		href, _ := s.Attr("href")
		got = append(got, href+" "+s.Text())
	})
	want := "[#username Enter your username or email address #password Enter your password]"
	if fmt.Sprint(got) != want {
		t.Errorf("got %v", got)
	}
	if !strings.Contains(doc.Find(".alert-title").Text(), "2 things") {
		t.Error(doc.Find(".alert-title").Text())
	}
}

func TestContactsFollowTheSite(t *testing.T) {
	none := func(f *Frame) { s := *f.Site; s.Support = gatehouse.Support{}; f.Site = &s }
	phone := func(f *Frame) { s := *f.Site; s.Support = gatehouse.Support{Phone: "+44 (131) 496-0182"}; f.Site = &s }
	if doc := show(t, "uk", ErrorPage{Status: 500}, none); doc.Find("a[href^='tel:'], a[href^='mailto:']").Length() != 0 {
		t.Error("a contact that the site does not have")
	}
	doc := show(t, "uk", ErrorPage{Status: 500}, phone)
	if doc.Find("a[href='tel:+441314960182']").Length() != 2 || doc.Find("a[href^='mailto:']").Length() != 0 {
		t.Error("the phone number is not there in text and foot")
	}
}

func TestLockedHere(t *testing.T) {
	until := noon.Add(time.Hour)
	doc := show(t, "uk", LockedHere{Until: &until})
	if doc.Find("h1").Text() != "Your account is locked until 15:32 GMT" || doc.Find("main a[href='/forgot-password']").Length() != 1 {
		t.Error(doc.Find("h1").Text())
	}
	if !strings.Contains(doc.Find(".alert-warn").Text(), "GH-7F3K-29QX") {
		t.Error("no reference")
	}
	doc = show(t, "uk", LockedHere{Reason: gatehouse.LockedByAdministrator})
	if doc.Find("main a[href='/forgot-password']").Length() != 0 {
		t.Error("a recovery does not end an administrator's lock")
	}
}

func TestHome(t *testing.T) {
	doc := show(t, "uk", fullHome())
	if got := doc.Find("h1").Text(); got != "Good afternoon, Mira" {
		t.Error(got)
	}
	if got := squeeze(doc.Find(".head p").Text()); got != "Your last sign-in: Yesterday, 22:32, from 203.0.113.7. Was it not you?" {
		t.Error(got)
	}
	first := doc.Find("#card-activity li").First()
	if got := squeeze(first.Find("small").Text()); got != "Firefox on Windows, 192.0.2.44Today, 14:31" {
		t.Error(got)
	}
	if doc.Find("header form[action='/sign-out'][method=post] button").Length() != 1 {
		t.Error("no way out")
	}
	if got := doc.Find(".tabs [aria-current=page]").Text(); got != "Home" {
		t.Error(got)
	}
}

func TestGreetingGoesByTheSitesClock(t *testing.T) {
	for hour, want := range map[int]string{4: "evening", 5: "morning", 11: "morning", 12: "afternoon", 17: "afternoon", 18: "evening", 23: "evening"} {
		at := func(f *Frame) { f.Now = time.Date(2026, 1, 5, hour, 0, 0, 0, f.Site.Zone); f.User.FirstName = "" }
		for _, id := range []string{"uk", "au"} {
			if got := show(t, id, Home{}, at).Find("h1").Text(); got != "Good "+want+", msantos" {
				t.Errorf("%s %d: %s", id, hour, got)
			}
		}
	}
}

func TestCheckUpCountsWhatApplies(t *testing.T) {
	for _, c := range []struct {
		id     string
		change func(*Frame)
		want   string
	}{
		{"uk", func(*Frame) {}, "4 of 4 done"},
		{"inkwell", func(f *Frame) { f.Company = nil }, "2 of 3 done"},
		{"uk", func(f *Frame) { f.User.ChallengeSet, f.Company.TwoFactor = false, false }, "2 of 4 done"},
		{"uk", func(f *Frame) { f.User.OwnTwoFactor, f.Company.TwoFactor = true, false }, "4 of 4 done"},
		{"inkwell", func(f *Frame) { f.User.Email, f.Company.TwoFactor = "", false }, "0 of 2 done"},
	} {
		if got := show(t, c.id, fullHome(), c.change).Find("#card-checkup .card-head small").Text(); got != c.want {
			t.Errorf("%s: %s, want %s", c.id, got, c.want)
		}
	}
}

func TestErrorsBecomeStatusesAndPages(t *testing.T) {
	for kind, want := range map[gatehouse.Kind]int{
		gatehouse.Internal: 500, gatehouse.Invalid: 422, gatehouse.Unauthenticated: 401, gatehouse.Forbidden: 403, gatehouse.NotFound: 404,
		gatehouse.Conflict: 409, gatehouse.Gone: 410, gatehouse.TooMany: 429, gatehouse.Unavailable: 503, 99: 500,
	} {
		if got := StatusOf(fmt.Errorf("wrapped: %w", &gatehouse.Error{Kind: kind})); got != want {
			t.Errorf("%d: %d", kind, got)
		}
	}
	if StatusOf(errors.New("disk")) != http.StatusInternalServerError {
		t.Error("an unknown error is ours")
	}
	busy := ErrorPageOf(&gatehouse.Error{Kind: gatehouse.Unavailable, RetryAfter: 3 * time.Second, Err: errors.New("secret cause")})
	if doc := show(t, "uk", busy); !strings.Contains(doc.Text(), "3 seconds") || strings.Contains(doc.Text(), "secret") {
		t.Error("the page of a busy server")
	}
	form := ErrorPageOf(&gatehouse.Error{Kind: gatehouse.Forbidden, Code: ReasonForm})
	if doc := show(t, "uk", form); doc.Find("h1").Text() != "This form is too old" {
		t.Error(doc.Find("h1").Text())
	}
}

func TestEveryErrorPageHasItsReference(t *testing.T) {
	for status := range errorStatuses {
		if doc := show(t, "au", ErrorPage{Status: status}); doc.Find("#reference").Text() != "GH-7F3K-29QX" {
			t.Errorf("%d has no reference", status)
		}
	}
	if doc := show(t, "au", Maintenance{}); !strings.Contains(doc.Text(), "GH-7F3K-29QX") || !strings.Contains(doc.Text(), "MW-2026-118") {
		t.Error("the maintenance page has no references")
	}
}

func TestRetryStaysOnTheSite(t *testing.T) {
	for path, want := range map[string]string{"": "/", "/a?b=c": "/a?b=c", "//evil.example": "/", `/\evil.example`: "/", "https://evil.example": "/"} {
		doc := show(t, "uk", ErrorPage{Status: 500}, func(f *Frame) { f.Path = path })
		if got := attr(doc, ".actions .btn-main", "href"); got != want {
			t.Errorf("%s: %s", path, got)
		}
	}
}

func TestLanguageMenu(t *testing.T) {
	if show(t, "uk", SignIn{}).Find("details.menu").Length() != 0 {
		t.Error("a menu without a choice")
	}
	doc := show(t, "au", SignIn{}, func(f *Frame) { f.Lang, f.Path = "en-GB", "/sign-in?lang=en-AU&return_to=%2Faccount" })
	if attr(doc, "html", "lang") != "en-GB" || attr(doc, ".menu-pop [aria-current]", "href") != "/sign-in?lang=en-GB&return_to=%2Faccount" || doc.Find(".menu-pop a").Length() != 2 {
		t.Error("the menu does not show the choice")
	}
	if got := attr(show(t, "au", SignIn{}), "html", "lang"); got != "en-AU" {
		t.Errorf("the site's own language is not taken: %s", got)
	}
}

func TestStagingShows(t *testing.T) {
	for _, v := range []View{SignIn{}, Home{}, ErrorPage{Status: 404}} {
		if show(t, "au", v).Find(".staging").Length() != 1 || show(t, "uk", v).Find(".staging").Length() != 0 {
			t.Errorf("%T", v)
		}
	}
}

func TestTour(t *testing.T) {
	doc := show(t, "uk", testTour(), func(f *Frame) { f.Site, f.Path = nil, "/" })
	for _, want := range []string{"a[href='http://uk.localhost:8080/sign-in']", "a[href='/inbox?to=mira%40northgate.example']", "#operator-1", "#site-0-0-password"} {
		if doc.Find(want).Length() == 0 {
			t.Errorf("no %s", want)
		}
	}
	if got := doc.Find("#site-0-0-password").Text(); got != "Harbour-7-Lantern" {
		t.Error(got)
	}
}

func TestInboxFramesNothingButItself(t *testing.T) {
	doc := show(t, "uk", testInbox(), func(f *Frame) { f.Site, f.Path = nil, "/inbox" })
	if attr(doc, "iframe", "src") != "/inbox/messages/m3.html" || strings.Contains(attr(doc, "iframe", "sandbox"), "allow-s") {
		t.Error("the frame")
	}
	if got := attr(doc, "pre a", "href"); got != "http://uk.localhost:8080/forgot-password?a=1&b=2" {
		t.Errorf("the link in the text: %s", got)
	}
	if attr(doc, "[data-inbox]", "data-inbox") != "m3" {
		t.Error("the script would not know what is new")
	}
	if !strings.HasPrefix(InboxPolicy, Policy) || !strings.Contains(InboxPolicy, "frame-src 'self'") || strings.Contains(MailPolicy, "script") {
		t.Error("policies")
	}
}

func TestFramedMail(t *testing.T) {
	for in, want := range map[string]string{
		"<p>x":                              `<base target="_blank"><p>x`,
		`<!doctype html><HEAD lang="x"><p>`: `<!doctype html><HEAD lang="x"><base target="_blank"><p>`,
		"İ<header>x":                        `<base target="_blank">İ<header>x`,
	} {
		if got := string(FramedMail(in)); got != want {
			t.Errorf("%s: %s", in, got)
		}
	}
}

// TestRich: a value is never read as a link, and only known places are linked.
func TestRich(t *testing.T) {
	w := wordsFor(Frame{})
	for name, c := range map[string]struct {
		got, want string
	}{
		"place":   {string(w.Rich("locked.wait_text", "signin", w.To("/sign-in?a&b"))), `Then <a href="/sign-in?a&amp;b">sign in again</a> as usual.`},
		"unknown": {string(w.Rich("locked.wait_text")), "Then sign in again as usual."},
		"value":   {string(w.Rich("tour.smtp", "address", "[a](address)<b>")), "The inbox also takes mail at [a](address)&lt;b&gt; (SMTP)."},
		"number":  {string(w.Rich("home.sessions", "n", 1)), "You are signed in on this browser only."},
		"other":   {string(w.Rich("tour.smtp", "address", 2.5)), "The inbox also takes mail at 2.5 (SMTP)."},
	} {
		if c.got != c.want {
			t.Errorf("%s: %s", name, c.got)
		}
	}
}

func TestRenderReportsFaults(t *testing.T) {
	pages := newPages(t)
	if _, err := pages.Render(Frame{Site: &site.Site{}}, Home{}); err == nil {
		t.Error("a home page without a user")
	}
	if _, err := pages.Render(Frame{}, unknownView{}); err == nil {
		t.Error("a view without a template")
	}
	p := &page{View: Home{}, pages: pages}
	if _, err := p.Part("x"); err == nil {
		t.Error("a part of a page without a form")
	}
	p.View, p.Words = SignIn{}, wordsFor(Frame{})
	p.Site = testSites()["uk"]
	if _, err := p.Part("x"); err == nil {
		t.Error("a field that there is not")
	}
	if _, err := p.Icon("x-files"); err == nil {
		t.Error("an icon that there is not")
	}
}

type unknownView struct{ SignIn }

func (unknownView) template() string { return "unheard-of" }
