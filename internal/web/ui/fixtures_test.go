package ui

import (
	"sync"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/site"
)

var noon = time.Date(2026, 11, 21, 14, 32, 0, 0, time.UTC)

const (
	globe = `<circle cx="16" cy="16" r="15" fill="currentColor"></circle><path class="mark-line" d="M1 16h30M16 1c-9.5 8-9.5 22 0 30M16 1c9.5 8 9.5 22 0 30" stroke-width="2.2"></path>`
	drop  = `<path d="M16 1.5c5.6 8 9.8 13 9.8 18.6a9.8 9.8 0 0 1-19.6 0C6.2 14.5 10.4 9.5 16 1.5z" fill="currentColor"></path><path d="M16 13v11.5M16 18.5l3.6-3.6M16 22l4.6-4.6" fill="none" class="mark-line" stroke-width="1.8" stroke-linecap="round"></path>`
)

// testSites are three sites that differ in all that pages depend on.
func testSites() map[string]*site.Site {
	london, _ := time.LoadLocation("Europe/London")
	sydney, _ := time.LoadLocation("Australia/Sydney")
	links := []site.Link{{Text: "Privacy", URL: "https://www.example.com/privacy"}, {Text: "Cookies", URL: "/help/cookies"}, {Text: "Accessibility", URL: "/help/accessibility"}}
	uk := &site.Site{
		Site: gatehouse.Site{
			ID: "meridian-uk", Name: "Meridian UK", Origin: "http://uk.localhost:8080",
			SignInWith: gatehouse.WithUsername, Recovery: gatehouse.RecoverByChallenge, Policy: gatehouse.ClassicPolicy(),
			Support: gatehouse.Support{Email: "help@uk.meridian.example", Phone: "0345 010 0482", Hours: "Monday to Friday, 8:00 to 18:00"},
		},
		Brand: "Meridian", Country: "UK", Tagline: "For resellers and their teams.", Zone: london,
		Languages: []string{"en-GB"}, Links: links,
		Look:   site.Look{Brand: "#2245a8", OnBrand: "#ffffff", BrandNight: "#93b1ff", OnBrandNight: "#0c1533", Side: "#16296b", Radius: .5, Mark: globe, Art: "arches"},
		Notice: site.Notice{Kicker: "Delivery", Title: "Order by 17:00 on Friday 18 December for delivery before the holiday", LinkText: "See all cut-off times", LinkURL: "https://www.example.com/"},
	}
	au := &site.Site{
		Site: gatehouse.Site{
			ID: "meridian-au", Name: "Meridian Australia", Origin: "http://au.localhost:8080",
			SignInWith: gatehouse.WithUsernameOrEmail, Recovery: gatehouse.RecoverByChallenge, Policy: gatehouse.ClassicPolicy(),
			Support: gatehouse.Support{Email: "help@au.meridian.example"}, Staging: true,
		},
		Brand: "Meridian", Country: "Australia", Zone: sydney, Languages: []string{"en-AU", "en-GB"}, Links: links,
		Look: site.Look{Brand: "#0f6a56", OnBrand: "#ffffff", BrandNight: "#63cfb2", OnBrandNight: "#05251d", Side: "#0b4537", Radius: .75, Mark: globe, Art: "horizon"},
		Maintenance: &site.Maintenance{
			From: noon, Until: noon.Add(4 * time.Hour), Reference: "MW-2026-118", StatusURL: "https://status.au.meridian.example",
		},
	}
	inkwell := &site.Site{
		Site: gatehouse.Site{
			ID: "inkwell", Name: "Inkwell Press", Origin: "http://inkwell.localhost:8080",
			SignInWith: gatehouse.WithEmail, Recovery: gatehouse.RecoverByLink, Policy: gatehouse.ModernPolicy(),
			Support: gatehouse.Support{Email: "support@inkwell.example", Phone: "+44 131 496 0182"},
		},
		Brand: "Inkwell Press", Tagline: "For bookshops, agents and rights teams.", Zone: london, Languages: []string{"en-GB"},
		Look:   site.Look{Brand: "#8a2433", OnBrand: "#ffffff", BrandNight: "#f3a0a8", OnBrandNight: "#33070e", Side: "#4d121d", Radius: .1875, HeadFont: "Source Serif 4", Mark: drop, Art: "shelf"},
		Notice: site.Notice{Kicker: "Spring list", Title: "214 new titles are open for trade orders from 1 December"},
	}
	return map[string]*site.Site{"uk": uk, "au": au, "inkwell": inkwell}
}

func testUser() *gatehouse.User {
	return &gatehouse.User{
		ID: "usr_1", Username: "msantos", FirstName: "Mira", LastName: "Santos", Email: "mira@northgate.example",
		EmailConfirmed: true, Role: gatehouse.RoleAdmin, State: gatehouse.Active, ChallengeSet: true,
	}
}

func testCompany() *gatehouse.Company {
	return &gatehouse.Company{ID: "cmp_1", Name: "Northgate Systems Ltd", AccountNumber: "10482-UK", TwoFactor: true}
}

// sample is a view with the frame it stands in.
type sample struct {
	name string
	view View
	// signedIn and siteless say what the frame has.
	signedIn, siteless bool
}

// samples are every view in every state that changes its page.
func samples() []sample {
	list := []sample{
		{name: "signin", view: SignIn{}},
		{name: "signin-failed", view: SignIn{LastFailed: true, Username: "msantos", ReturnTo: "/account/profile?a=1&b=2"}},
		{name: "signin-fields", view: SignIn{Fields: []gatehouse.FieldError{
			{Field: "username", Code: "required"}, {Field: "password", Code: "too-long", Args: map[string]string{"max": "256"}}, {Field: "password", Code: "unheard-of"}}}},
		{name: "signin-cookies", view: SignIn{CookiesOff: true, Username: "msantos"}},
		{name: "signin-expired", view: SignIn{Expired: true}},
		{name: "signin-signed-out", view: SignIn{SignedOut: true}},
		{name: "temporary", view: TemporaryExpired{}},
		{name: "locked", view: LockedHere{}},
		{name: "locked-until", view: LockedHere{Until: new(noon.Add(time.Hour))}},
		{name: "locked-person", view: LockedHere{Reason: gatehouse.LockedByAdministrator}},
		{name: "maintenance", view: Maintenance{}},
		{name: "unknown-host", view: ErrorPage{Status: 421}, siteless: true},
		{name: "home", view: fullHome(), signedIn: true},
		{name: "home-empty", view: Home{}, signedIn: true},
		{name: "tour", view: testTour(), siteless: true},
		{name: "inbox", view: testInbox(), siteless: true},
		{name: "inbox-one", view: Inbox{Messages: testInbox().Messages, Open: &Message{ID: "m2", Text: "Hello"}, To: "a+b@example.com", SMTP: "127.0.0.1:2525"}, siteless: true},
		{name: "inbox-unopened", view: Inbox{Messages: testInbox().Messages}, siteless: true},
		{name: "inbox-empty", view: Inbox{}, siteless: true},
		{name: "error-form", view: ErrorPage{Status: 403, Reason: ReasonForm}},
		{name: "error-busy", view: ErrorPage{Status: 503, RetryAfter: 7500 * time.Millisecond}},
		{name: "error-often", view: ErrorPage{Status: 429, RetryAfter: 31 * time.Minute}},
		{name: "error-teapot", view: ErrorPage{Status: 418}},
		{name: "error-gateway", view: ErrorPage{Status: 502}},
	}
	for status := range errorStatuses {
		list = append(list, sample{name: "error-" + ErrorPage{Status: status}.Which(), view: ErrorPage{Status: status}})
	}
	for _, step := range []gatehouse.Step{gatehouse.StepCode, gatehouse.StepPassword, gatehouse.StepChallenge, gatehouse.StepTerms, gatehouse.StepSoleUser, gatehouse.StepDone} {
		list = append(list, sample{name: "stopped-" + string(step), view: Stopped{Step: step}})
	}
	for _, username := range []bool{false, true} {
		list = append(list, sample{name: "stuck", view: Stuck{Username: username}})
	}
	return list
}

const (
	firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
	safari  = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)

func fullHome() Home {
	home := Home{
		LastSignIn: new(noon.Add(-16 * time.Hour)), LastFrom: "203.0.113.7", Sessions: 2,
		Incomplete: []IncompleteItem{{What: MissingName, Link: "/account/profile"}, {What: MissingEmail}, {What: MissingConfirmation}, {What: MissingChallenge}},
		Platforms:  []Platform{{Name: "Storefront", Fact: "Catalogue, prices and stock", URL: "https://shop.example.com"}, {Name: "Quotes", URL: "/"}},
	}
	home.Activity = []gatehouse.Event{
		{Kind: gatehouse.EventSignIn, Result: gatehouse.ResultOK, At: noon.Add(-time.Minute), Address: "192.0.2.44", UserAgent: firefox},
		{Kind: gatehouse.EventSignIn, Result: gatehouse.ResultWrong, At: noon.Add(-2 * time.Minute), Address: "192.0.2.44", UserAgent: firefox},
		{Kind: gatehouse.EventSignIn, Result: gatehouse.ResultLocked, At: noon.Add(-20 * time.Hour), Address: "2001:db8::7", UserAgent: safari},
		{Kind: gatehouse.EventUnlocked, At: noon.Add(-72 * time.Hour)},
		{Kind: "account.unheard_of", At: noon.Add(-96 * time.Hour), UserAgent: "x"},
	}
	return home
}

func testTour() Tour {
	sites := testSites()
	tour := Tour{SMTP: "127.0.0.1:2525", Operator: []string{"gatehouse user unlock --site meridian-uk msantos", "gatehouse company list --site inkwell"}}
	people := []TourAccount{
		{Username: "msantos", Password: "Harbour-7-Lantern", Email: "mira@northgate.example", Name: "Mira Santos", Company: "Northgate Systems Ltd", Role: "admin", State: "active", Note: "Signs in and sees the home page."},
		{Username: "tadeyemi", Password: "kite-Fig-42", Email: "tom@northgate.example", Name: "Tom Adeyemi", Company: "Northgate Systems Ltd", Role: "user", State: "locked", Note: "The page gives nothing away; the inbox has the mail about the lock."},
		{Username: "pnair", Password: "Temp-4410-oak", Name: "", Company: "Hartley Academy", Role: "user", State: "no-email", Note: "Nobody can mail this person."},
	}
	for state := range tourStates {
		people = append(people, TourAccount{Username: "u-" + state, Password: "Some-pass-1", Email: "u@example.com", Name: "Some Person", Company: "Koala Networks Pty", Role: "user", State: state})
	}
	people = append(people, TourAccount{Username: "odd", State: "something-new"})
	for _, id := range []string{"uk", "au", "inkwell"} {
		tour.Sites = append(tour.Sites, TourSite{Site: sites[id], Accounts: people})
	}
	tour.Sites = append(tour.Sites, TourSite{Site: &site.Site{Site: gatehouse.Site{Name: "Bare", Origin: "bare"}}})
	return tour
}

func testInbox() Inbox {
	list := []Message{
		{ID: "m3", To: "mira@northgate.example", From: "Meridian UK <no-reply@uk.meridian.example>", Subject: "Your Meridian UK account is locked", At: noon, HasHTML: true,
			Text: "Hello Mira,\n\nyour account was locked at 14:32 GMT after several wrong tries.\n\nChoose a new password: http://uk.localhost:8080/forgot-password?a=1&b=2.\n\nMeridian UK\n"},
		{ID: "m2", To: "tom@northgate.example", Subject: "418 207 is your Meridian UK code", At: noon.Add(-time.Hour)},
		{ID: "m1", To: "tom@northgate.example", At: noon.Add(-26 * time.Hour)},
	}
	return Inbox{Messages: list, Open: &list[0], SMTP: "127.0.0.1:2525"}
}

func frameFor(s *site.Site, x sample) Frame {
	f := Frame{Site: s, Path: "/sign-in", Now: noon, Reference: "GH-7F3K-29QX", FormToken: "token-1"}
	if x.siteless {
		f.Site, f.Path = nil, "/"
	}
	if x.signedIn {
		f.User, f.Company, f.Path = testUser(), testCompany(), "/"
	}
	return f
}

var parsed = sync.OnceValues(New)

func newPages(t *testing.T) *Pages {
	t.Helper()
	p, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	return p
}
