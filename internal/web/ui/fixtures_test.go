package ui

import (
	"net/url"
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
			Sender:  gatehouse.Sender{Address: "no-reply@uk.meridian.example"},
		},
		Brand: "Meridian", Country: "UK", Tagline: "For resellers and their teams.", Zone: london,
		Languages: []string{"en-GB"}, Links: links,
		QuickLinks: []site.Link{{Text: "Delivery times", URL: "/help/delivery"}, {Text: "Shop", URL: "https://shop.example.com/"}},
		Look:       site.Look{Brand: "#2245a8", OnBrand: "#ffffff", BrandNight: "#93b1ff", OnBrandNight: "#0c1533", Side: "#16296b", Radius: .5, Mark: globe, Art: "arches"},
		Notice:     site.Notice{Kicker: "Delivery", Title: "Order by 17:00 on Friday 18 December for delivery before the holiday", LinkText: "See all cut-off times", LinkURL: "https://www.example.com/"},
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
	// bareUser: of the user nothing is known but the username.
	bareUser bool
	// again is a form that comes back.
	again *Again
}

// samples are every view in every state that changes its page.
func samples() []sample {
	list := []sample{
		{name: "signin", view: SignIn{}},
		{name: "signin-failed", view: SignIn{LastFailed: true, Username: "msantos", ReturnTo: "/account/profile?a=1&b=2"}},
		{name: "signin-fields", view: SignIn{Fields: []gatehouse.FieldError{
			{Field: "username", Code: "required"}, {Field: "password", Code: "too-long", Args: map[string]string{"max": "256"}}, {Field: "password", Code: "unheard-of"}}}},
		{name: "signin-cookies", view: SignIn{}, again: &Again{Why: AgainCookies, Action: "/sign-in", Values: url.Values{"username": {"msantos"}}}},
		{name: "profile-stale", view: Profile{FirstName: "Mira", Stored: *testUser()}, signedIn: true,
			again: &Again{Why: AgainStale, Action: "/account/profile", Values: url.Values{"first_name": {"Mirabel"}}}},
		{name: "home-stale", view: fullHome(), signedIn: true, again: &Again{Why: AgainStale, Action: "/home/cards"}},
		{name: "help-missing-token", view: ForgotUsername{}, again: &Again{Why: AgainMissing, Action: "/forgot-username", Values: url.Values{"message": {"It begins\nwith an m"}}}},
		{name: "sign-out", view: AskSignOut{}, signedIn: true},
		{name: "error-foreign", view: ErrorPage{Status: 403, Reason: ReasonForeign}},
		{name: "error-cookies", view: ErrorPage{Status: 403, Reason: ReasonCookies}},
		{name: "signin-expired", view: SignIn{Expired: true}},
		{name: "signin-signed-out", view: SignIn{SignedOut: true}},
		{name: "signin-ended", view: SignIn{Ended: true}},
		{name: "signin-password-changed", view: SignIn{PasswordChanged: true}},
		{name: "signin-password-mailed", view: SignIn{PasswordMailed: true}},
		{name: "temporary", view: TemporaryExpired{}},
		{name: "temporary-mailable", view: TemporaryExpired{Used: true, Ticket: "usr_1.1.mac"}},
		{name: "temporary-used", view: TemporaryExpired{Used: true}},
		{name: "locked", view: LockedHere{}},
		{name: "locked-until", view: LockedHere{Until: new(noon.Add(time.Hour))}},
		{name: "locked-person", view: LockedHere{Reason: gatehouse.LockedByAdministrator}},
		{name: "maintenance", view: Maintenance{}},
		{name: "unknown-host", view: ErrorPage{Status: 421}, siteless: true},
		{name: "home", view: fullHome(), signedIn: true},
		{name: "home-empty", view: Home{}, signedIn: true},
		{name: "home-arranged", view: arrangedHome(), signedIn: true},
		{name: "home-incomplete", view: incompleteHome(), signedIn: true, bareUser: true},
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
	list = append(list, helpSamples()...)
	list = append(list, profileSamples()...)
	list = append(list, emailSamples()...)
	for status := range errorStatuses {
		list = append(list, sample{name: "error-" + ErrorPage{Status: status}.Which(), view: ErrorPage{Status: status}})
	}
	list = append(list, stepSamples()...)
	list = append(list, codeSamples()...)
	list = append(list, deviceSamples()...)
	list = append(list, peopleSamples()...)
	list = append(list, recoverySamples()...)
	list = append(list, switchSamples()...)
	return list
}

// helpSamples are the pages of help, contact and search, signed out and signed in.
func helpSamples() []sample {
	short := site.HelpPage{Name: "returns", Lang: "en-GB", Title: "Returns", Summary: "How to send something back.", Intro: "<p>Write to us.</p>\n"}
	long := site.HelpPage{Name: "locked", Lang: "de", Title: "Ein gesperrtes Konto", Summary: "Was zu tun ist.", Intro: "<p>Nichts ist verloren.</p>\n"}
	for _, id := range []string{"why", "unlock", "not-you", "ask-whom"} {
		long.Sections = append(long.Sections, site.HelpSection{ID: id, Title: "About " + id, HTML: "<p>See <a href=\"#why\">why</a>.</p>\n<h3 id=\"" + id + "-more\">More</h3>\n"})
	}
	pages := []site.HelpPage{short, long}
	hits := []site.HelpHit{{Page: "returns", Title: "Returns", Lang: "en-GB", Snippet: "Write to us."}, {Page: "locked", Title: long.Title, Lang: "de", Section: "About why", Anchor: "why", Snippet: "… a & b <c>"}}
	var list []sample
	for _, signedIn := range []bool{false, true} {
		list = append(list,
			sample{name: "help", view: HelpIndex{Pages: pages}, signedIn: signedIn},
			sample{name: "help-found", view: HelpIndex{Pages: pages, Query: "a", Words: true, Hits: hits}, signedIn: signedIn},
			sample{name: "help-nothing", view: HelpIndex{Pages: pages, Query: "<script>", Words: true}, signedIn: signedIn},
			sample{name: "help-no-words", view: HelpIndex{Pages: pages, Query: "!"}, signedIn: signedIn},
			sample{name: "help-page", view: HelpArticle{Page: long}, signedIn: signedIn},
			sample{name: "help-page-short", view: HelpArticle{Page: short}, signedIn: signedIn},
			sample{name: "help-missing", view: HelpMissing{}, signedIn: signedIn},
			sample{name: "contact", view: Contact{}, signedIn: signedIn})
	}
	return append(list,
		sample{name: "search", view: Search{}, signedIn: true},
		sample{name: "search-found", view: Search{Query: "password", Words: true, Hits: hits}, signedIn: true},
		sample{name: "search-nothing", view: Search{Query: "zebra", Words: true}, signedIn: true})
}

const (
	firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
	safari  = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)

func fullHome() Home {
	home := Home{
		LastSignIn: new(noon.Add(-16 * time.Hour)), LastFrom: "203.0.113.7", Sessions: 2,
		Layout: gatehouse.ReadHomeLayout(""), There: gatehouse.HomeCards[1:],
		Platforms: []Platform{{Name: "Storefront", Fact: "Catalogue, prices and stock", URL: "https://shop.example.com"}, {Name: "Quotes", URL: "/"}},
	}
	home.Activity = []gatehouse.Event{
		{Kind: gatehouse.EventSignIn, ActorKind: gatehouse.Visitor, Result: gatehouse.ResultOK, At: noon.Add(-time.Minute), Address: "192.0.2.44", UserAgent: firefox},
		{Kind: gatehouse.EventSignIn, ActorKind: gatehouse.Visitor, Result: gatehouse.ResultWrong, At: noon.Add(-2 * time.Minute), Address: "192.0.2.44", UserAgent: firefox},
		{Kind: gatehouse.EventSignIn, ActorKind: gatehouse.Visitor, Result: gatehouse.ResultLocked, At: noon.Add(-20 * time.Hour), Address: "2001:db8::7", UserAgent: safari},
		{ActorKind: gatehouse.Visitor, Kind: gatehouse.EventUnlocked, At: noon.Add(-72 * time.Hour)},
		{ActorKind: gatehouse.Visitor, Kind: "account.unheard_of", At: noon.Add(-96 * time.Hour), UserAgent: "x"},
	}
	return home
}

func arrangedHome() Home {
	home := fullHome()
	home.Layout = gatehouse.ReadHomeLayout("activity -checkup platforms -orders links")
	home.PasswordExpires, home.Platforms = new(noon.Add(72*time.Hour)), nil
	return home
}

func incompleteHome() Home {
	home := fullHome()
	home.There, home.Platforms, home.PasswordExpires = gatehouse.HomeCards, nil, new(noon.Add(-time.Hour))
	return home
}

// profileSamples are My account > Profile in all its states.
func profileSamples() []sample {
	stored := *testUser()
	full := Profile{FirstName: "Mira", LastName: "Santos", Email: stored.Email, Locale: "en-GB", Version: "v1", Stored: stored}
	with := func(change func(*Profile)) Profile {
		v := full
		change(&v)
		return v
	}
	change := gatehouse.EmailChange{Old: stored.Email, New: "mira.new@northgate.example", AskedAt: noon, ConfirmUntil: noon.Add(24 * time.Hour)}
	over, first, same := change, change, change
	over.ConfirmUntil, first.Old, same.New = noon, "", change.Old
	list := []sample{
		{name: "profile", view: full},
		{name: "profile-bare", view: Profile{Stored: gatehouse.User{Username: "pnair"}}, bareUser: true},
		{name: "profile-saved", view: with(func(v *Profile) { v.Done, v.Waiting = ProfileSaved, &change })},
		{name: "profile-sent", view: with(func(v *Profile) { v.Done, v.Waiting, v.Stored.Email = ProfileSent, &first, "" })},
		{name: "profile-dropped", view: with(func(v *Profile) { v.Done, v.Stored.EmailConfirmed = ProfileDropped, false })},
		{name: "profile-odd", view: with(func(v *Profile) { v.Done, v.Waiting, v.Stored.EmailConfirmed = "<b>", &same, false })},
		{name: "profile-over", view: with(func(v *Profile) { v.Waiting, v.TooSoon = &over, 61*time.Second })},
		{name: "profile-changed", view: with(func(v *Profile) { v.Changed, v.AskPassword, v.Stored.LastName = true, true, "Meyer" })},
		{name: "profile-wrong", view: with(func(v *Profile) {
			v.AskPassword = true
			v.Fields = []gatehouse.FieldError{{Field: "first_name", Code: "required"}, {Field: "last_name", Code: "too-long", Args: map[string]string{"max": "100"}},
				{Field: "email", Code: "email"}, {Field: "email", Code: "email-often", Args: map[string]string{"n": "12"}}, {Field: "current_password", Code: "password-wrong"}, {Field: "locale", Code: "locale"}}
		})},
	}
	for i := range list {
		list[i].signedIn = true
	}
	return list
}

// emailSamples are the pages behind the links about a change of address.
func emailSamples() []sample {
	list := []sample{
		{name: "email-confirm", view: ConfirmEmail{Username: "msantos", Address: "mira.new@northgate.example"}},
		{name: "email-confirm-both", view: ConfirmEmail{Username: "a@b.example", Address: "c@d.example", UsernameToo: true}},
		{name: "email-confirm-known", view: ConfirmEmail{Username: "msantos", Address: "c@d.example", Known: true}},
		{name: "email-stop", view: UndoEmail{Username: "msantos", Old: "mira@northgate.example", New: "m...s@elsewhere.example"}},
		{name: "email-restore", view: UndoEmail{Username: "msantos", Old: "mira@northgate.example", New: "m...s@elsewhere.example", Restores: true}},
		{name: "email-confirmed-in", view: EmailDone{What: EmailConfirmed}, signedIn: true},
	}
	for _, what := range []string{EmailConfirmed, EmailRestored, EmailStopped} {
		list = append(list, sample{name: "email-" + what, view: EmailDone{What: what}})
	}
	for _, why := range []string{EmailLinkOver, EmailTaken, EmailMissing} {
		for _, undo := range []bool{false, true} {
			list = append(list, sample{name: "email-" + why + map[bool]string{true: "-undo"}[undo], view: EmailFailed{Why: why, Undo: undo}})
		}
	}
	return list
}

func testTour() Tour {
	sites := testSites()
	path := func(n string, st *site.Site) TourPath {
		p := TourPath{Number: n, Site: st}
		for _, i := range []string{"1", "2", "3", "4", "5"} {
			p.Steps = append(p.Steps, TourStep{Number: i, URL: st.Origin + "/sign-in", Username: "msantos", Password: "Harbour-Lantern-42", Mail: i == "2"})
		}
		return p
	}
	tour := Tour{SMTP: "127.0.0.1:2525", Paths: []TourPath{path("1", testSites()["uk"]), path("2", testSites()["au"]), path("3", testSites()["inkwell"])}, Operator: []string{"gatehouse user unlock --site meridian-uk msantos", "gatehouse company list --site inkwell"}}
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
	f := Frame{Site: s, Path: "/sign-in", Now: noon, Reference: "GH-7F3K-29QX", Token: func([]string) string { return "token-1" }, Again: x.again}
	if x.siteless {
		f.Site, f.Path = nil, "/"
	}
	if x.signedIn {
		f.User, f.Company, f.Path = testUser(), testCompany(), "/"
	}
	if x.bareUser {
		f.User = &gatehouse.User{ID: "usr_2", Username: "pnair", Role: gatehouse.RoleUser, State: gatehouse.Active}
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
