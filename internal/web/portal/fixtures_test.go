package portal

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/signin"
	"gatehouse/internal/site"
	"gatehouse/internal/sso"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/testkit/pages"
	"gatehouse/internal/web/ui"
)

// helpSamples are the pages of help, contact and search, signed out and signed in.
func helpSamples() []pages.Sample {
	short := site.HelpPage{Name: "returns", Lang: "en-GB", Title: "Returns", Summary: "How to send something back.", Intro: "<p>Write to us.</p>\n"}
	long := site.HelpPage{Name: "locked", Lang: "de", Title: "Ein gesperrtes Konto", Summary: "Was zu tun ist.", Intro: "<p>Nichts ist verloren.</p>\n"}
	for _, id := range []string{"why", "unlock", "not-you", "ask-whom"} {
		long.Sections = append(long.Sections, site.HelpSection{ID: id, Title: "About " + id, HTML: "<p>See <a href=\"#why\">why</a>.</p>\n<h3 id=\"" + id + "-more\">More</h3>\n"})
	}
	both := []site.HelpPage{short, long}
	hits := []site.HelpHit{{Page: "returns", Title: "Returns", Lang: "en-GB", Snippet: "Write to us."}, {Page: "locked", Title: long.Title, Lang: "de", Section: "About why", Anchor: "why", Snippet: "… a & b <c>"}}
	var list []pages.Sample
	for _, signedIn := range []bool{false, true} {
		list = append(list,
			pages.Sample{Name: "help", View: HelpIndex{Pages: both}, SignedIn: signedIn},
			pages.Sample{Name: "help-found", View: HelpIndex{Pages: both, Query: "a", Words: true, Hits: hits}, SignedIn: signedIn},
			pages.Sample{Name: "help-nothing", View: HelpIndex{Pages: both, Query: "<script>", Words: true}, SignedIn: signedIn},
			pages.Sample{Name: "help-no-words", View: HelpIndex{Pages: both, Query: "!"}, SignedIn: signedIn},
			pages.Sample{Name: "help-page", View: HelpArticle{Page: long}, SignedIn: signedIn},
			pages.Sample{Name: "help-page-short", View: HelpArticle{Page: short}, SignedIn: signedIn},
			pages.Sample{Name: "help-missing", View: HelpMissing{}, SignedIn: signedIn},
			pages.Sample{Name: "contact", View: Contact{}, SignedIn: signedIn})
	}
	return append(list,
		pages.Sample{Name: "search", View: Search{}, SignedIn: true},
		pages.Sample{Name: "search-found", View: Search{Query: "password", Words: true, Hits: hits}, SignedIn: true},
		pages.Sample{Name: "search-nothing", View: Search{Query: "zebra", Words: true}, SignedIn: true},
		pages.Sample{Name: "search-cards", View: Search{Query: "laptop", Words: true, Supplied: suppliedHome().Supplied, Searches: besides("/search?q=laptop")}, SignedIn: true},
		pages.Sample{Name: "help-searches", View: HelpIndex{Pages: both, Query: "locked", Words: true, Searches: besides("/help?q=locked")}, SignedIn: true})
}

// savedSearches are of all kinds, one of them with the longest name allowed.
func savedSearches() []gatehouse.SavedSearch {
	return []gatehouse.SavedSearch{
		{ID: "sea_1", Name: "Lockouts in the third quarter", Search: gatehouse.Search{Place: gatehouse.SearchHelp, UserFilter: gatehouse.UserFilter{Text: "locked"}}},
		{ID: "sea_2", Name: string([]rune(strings.Repeat(fixture.LongName+" ", 3))[:gatehouse.MostSearchName]), Search: gatehouse.Search{Place: gatehouse.SearchEverything, UserFilter: gatehouse.UserFilter{Text: strings.Repeat("word ", 50)}}},
		{ID: "sea_3", Name: "Administrators without an address", SharedAt: fixture.Noon, Search: gatehouse.Search{Place: gatehouse.SearchUsers, UserFilter: gatehouse.UserFilter{Text: "a<b", Groups: gatehouse.SetOf(gatehouse.GroupNoEmail), Role: gatehouse.RoleAdmin},
			UserLook: gatehouse.ReadUserLook(url.Values{"sort": {"seen"}, "order": {"down"}, "col": {"created"}})}},
	}
}

// sharedSearches are one to see, with the longest name allowed, and a hidden one.
func sharedSearches() []gatehouse.SharedSearch {
	by := gatehouse.User{FirstName: fixture.LongName, LastName: fixture.LongWord[:40], Role: gatehouse.RoleAdmin, State: gatehouse.Active}
	all := savedSearches()
	all[1].Search, all[1].SharedAt = gatehouse.Search{Place: gatehouse.SearchUsers, UserLook: gatehouse.UserLook{Down: true}}, fixture.Noon
	return []gatehouse.SharedSearch{{SavedSearch: all[1], By: by}, {SavedSearch: all[2], By: by, Hidden: true}}
}

// besides are the saved searches next to one that is not saved, unless it is among
// them.
func besides(address string) ui.Searches { return ui.SearchesOf(savedSearches(), nil, address) }

// searchSamples are the pages of saved searches, and the one that says that a platform requires
// more.
func searchSamples() []pages.Sample {
	all := savedSearches()
	wrong := fixture.Wrong("name", "required", "too-long", "character")
	return []pages.Sample{
		{Name: "searches", View: SavedSearches{Saved: all}, SignedIn: true},
		{Name: "searches-none", View: SavedSearches{Did: "deleted"}, SignedIn: true},
		{Name: "searches-shared", View: SavedSearches{Saved: all, Shared: sharedSearches(), Did: "hidden"}, SignedIn: true},
		{Name: "searches-shared-only", View: SavedSearches{Shared: sharedSearches()[1:], Did: "shown"}, SignedIn: true},
		{Name: "search-shared", View: SharedSearch{sharedSearches()[0]}, SignedIn: true},
		{Name: "search-shared-hidden", View: SharedSearch{sharedSearches()[1]}, SignedIn: true},
		{Name: "search-new-shared", View: NewSearch{Search: all[2].Search, Typed: "Ours", Share: true, Reason: account.ReasonTooManyShared}, SignedIn: true},
		{Name: "search-one-shared", View: OneSearch{SavedSearch: all[2], Typed: "Ours", Share: true, Reason: account.ReasonTooManyShared}, SignedIn: true},
		{Name: "searches-renamed", View: SavedSearches{Saved: all[:1], Did: "renamed"}, SignedIn: true},
		{Name: "search-new-view", View: NewSearch{Search: everyView(), Mine: all, Instead: all[0].ID, Typed: "Mine"}, SignedIn: true},
		{Name: "search-new", View: NewSearch{Search: all[2].Search, Typed: "Mine"}, SignedIn: true},
		{Name: "search-new-wrong", View: NewSearch{Search: all[1].Search, Reason: account.ReasonTooManySearches, Errors: wrong}, SignedIn: true},
		{Name: "search-new-incomplete", View: NewSearch{Search: all[0].Search}, SignedIn: true, BareUser: true},
		{Name: "search-one", View: OneSearch{SavedSearch: all[1], Typed: all[1].Name}, SignedIn: true},
		{Name: "too-weak", View: TooWeak{Platform: fixture.LongName}, SignedIn: true},
		{Name: "too-weak-device", View: TooWeak{Platform: "Wiki", Factors: 1}, SignedIn: true},
		{Name: "search-one-wrong", View: OneSearch{SavedSearch: all[2], Errors: wrong}, SignedIn: true},
	}
}

func fullHome() Home {
	home := Home{
		Home: signin.Home{LastSignIn: fixture.Noon.Add(-16 * time.Hour), LastIP: "203.0.113.7", Sessions: 2},
		Own:  account.Home{Layout: gatehouse.ReadHomeLayout(""), Searches: savedSearches()}, There: gatehouse.HomeCards[1:],
		Launcher: launcher(),
	}
	home.Events = []gatehouse.Event{
		{Kind: gatehouse.EventSignIn, ActorKind: gatehouse.Visitor, Result: gatehouse.ResultOK, At: fixture.Noon.Add(-time.Minute), IPAddress: "192.0.2.44", UserAgent: fixture.Firefox},
		{Kind: gatehouse.EventSignIn, ActorKind: gatehouse.Visitor, Result: gatehouse.ResultWrong, At: fixture.Noon.Add(-2 * time.Minute), IPAddress: "192.0.2.44", UserAgent: fixture.Firefox},
		{Kind: gatehouse.EventSignIn, ActorKind: gatehouse.Visitor, Result: gatehouse.ResultLocked, At: fixture.Noon.Add(-20 * time.Hour), IPAddress: "2001:db8::7", UserAgent: fixture.Safari},
		{ActorKind: gatehouse.Visitor, Kind: gatehouse.EventUnlocked, At: fixture.Noon.Add(-72 * time.Hour)},
		{ActorKind: gatehouse.Visitor, Kind: "account.unheard_of", At: fixture.Noon.Add(-96 * time.Hour), UserAgent: "x"},
	}
	return home
}

// launcher is two platforms, one of which was used and has a logo.
func launcher() []gatehouse.Platform {
	settings := func(h gatehouse.ApplicationHome) gatehouse.ApplicationSettings {
		return gatehouse.ApplicationSettings{Home: h}
	}
	return []gatehouse.Platform{
		{Application: gatehouse.Application{ID: "app_1", Name: "Storefront", Settings: settings(gatehouse.ApplicationHome{LaunchURL: "https://shop.example.com/",
			Names: map[string]string{"de": "Schaufenster"}, Logos: map[string]string{"": "0123456789abcdef0123456789abcdef"}})}, UsedAt: fixture.Noon.Add(-26 * time.Hour)},
		{Application: gatehouse.Application{ID: "app_2", Name: "Order desk", Settings: settings(gatehouse.ApplicationHome{LaunchURL: "https://orders.example.com/"})}},
	}
}

// suppliedHome has cards of platforms: a long one, an old one, an empty one, and one that has
// not arrived.
func suppliedHome() Home {
	home := fullHome()
	shop, desk := home.Launcher[0], home.Launcher[1]
	line := gatehouse.CardLine{Title: "SO-884120", Text: "48 × Laptop, 14 inch", Link: "https://orders.example.com/884120", Amount: "41280.00", Currency: "GBP",
		Date: "2026-11-30", State: "On its way", Tone: "info"}
	card := func(p gatehouse.Platform, name string, body gatehouse.CardBody, age time.Duration) sso.SuppliedCard {
		return sso.SuppliedCard{Platform: p, PlatformCard: gatehouse.PlatformCard{ApplicationID: p.ID, Card: name, Body: body, AsOf: fixture.Noon.Add(-age)}}
	}
	home.Supplied = []sso.SuppliedCard{
		card(desk, "recent", gatehouse.CardBody{Title: "Recent orders", Link: "https://orders.example.com/", Lang: "en-GB", Lines: slices.Repeat([]gatehouse.CardLine{line}, 7)}, time.Minute),
		card(shop, "quotes", gatehouse.CardBody{Title: "Open quotes", Lang: "nl", Lines: []gatehouse.CardLine{{Title: "Q-20931"}, {Title: "Q-2", State: "Ends today", Tone: "warn"}}}, 26*time.Hour),
		card(shop, "renewals", gatehouse.CardBody{Title: "Renewals"}, time.Minute),
		{Platform: shop, PlatformCard: gatehouse.PlatformCard{ApplicationID: shop.ID}, Waiting: true},
	}
	home.There = append(namesOf(home.Supplied), home.There...)
	return home
}

func arrangedHome() Home {
	home := fullHome()
	home.Own.Layout = gatehouse.ReadHomeLayout("activity -checkup platforms -orders links")
	home.Own.PasswordExpiresAt, home.Launcher = fixture.Noon.Add(72*time.Hour), nil
	return home
}

func incompleteHome() Home {
	home := fullHome()
	home.There, home.Launcher, home.Own.PasswordExpiresAt = gatehouse.HomeCards, nil, fixture.Noon.Add(-time.Hour)
	return home
}

// profileSamples are My account > Profile in all its states.
func profileSamples() []pages.Sample {
	stored := *fixture.User()
	full := Profile{Stored: account.Profile{User: stored}, Typed: account.ProfileForm{FirstName: "Mira", LastName: "Santos", Email: stored.Email, Locale: "en-GB", Version: "v1"}}
	with := func(change func(*Profile)) Profile {
		v := full
		change(&v)
		return v
	}
	change := gatehouse.EmailChange{Old: stored.Email, New: "mira.new@northgate.example", AskedAt: fixture.Noon, ConfirmUntil: fixture.Noon.Add(24 * time.Hour)}
	over, first, same := change, change, change
	over.ConfirmUntil, first.Old, same.New = fixture.Noon, "", change.Old
	list := []pages.Sample{
		{Name: "profile", View: full},
		{Name: "profile-bare", View: Profile{Stored: account.Profile{User: gatehouse.User{Username: "pnair"}}}, BareUser: true},
		{Name: "profile-saved", View: with(func(v *Profile) { v.Done, v.Stored.Waiting = ProfileSaved, &change })},
		{Name: "profile-sent", View: with(func(v *Profile) { v.Done, v.Stored.Waiting, v.Stored.User.Email = ProfileSent, &first, "" })},
		{Name: "profile-dropped", View: with(func(v *Profile) { v.Done, v.Stored.User.EmailConfirmed = ProfileDropped, false })},
		{Name: "profile-odd", View: with(func(v *Profile) { v.Done, v.Stored.Waiting, v.Stored.User.EmailConfirmed = "<b>", &same, false })},
		{Name: "profile-over", View: with(func(v *Profile) { v.Stored.Waiting, v.TooSoon = &over, 61*time.Second })},
		{Name: "profile-changed", View: with(func(v *Profile) { v.Changed, v.Stored.User.LastName = true, "Meyer" })},
		{Name: "profile-wrong", View: with(func(v *Profile) {
			v.Fields = []gatehouse.FieldError{{Field: "first_name", Reason: "required"}, {Field: "last_name", Reason: "too-long", Args: map[string]string{"max": "100"}},
				{Field: "email", Reason: "email"}, {Field: "email", Reason: "email-often", Args: map[string]string{"n": "12"}}, {Field: "locale", Reason: "locale"}}
		})},
	}
	for i := range list {
		list[i].SignedIn = true
	}
	return list
}

// emailSamples are the pages behind the links about a change of address.
func emailSamples() []pages.Sample {
	list := []pages.Sample{
		{Name: "email-confirm", View: ConfirmEmail{account.EmailLink{Username: "msantos", Change: gatehouse.EmailChange{Old: "mira@northgate.example", New: "mira.new@northgate.example"}}}},
		{Name: "email-confirm-both", View: ConfirmEmail{account.EmailLink{Username: "a@b.example", Change: gatehouse.EmailChange{Old: "a@b.example", New: "c@d.example"}, UsernameToo: true}}},
		{Name: "email-confirm-known", View: ConfirmEmail{account.EmailLink{Username: "msantos", Change: gatehouse.EmailChange{Old: "c@d.example", New: "c@d.example"}}}},
		{Name: "email-stop", View: UndoEmail{account.EmailLink{Username: "msantos", Change: gatehouse.EmailChange{Old: "mira@northgate.example", New: "mirasantos@elsewhere.example"}}}},
		{Name: "email-restore", View: UndoEmail{account.EmailLink{Username: "msantos", Change: gatehouse.EmailChange{Old: "mira@northgate.example", New: "mirasantos@elsewhere.example"}, Restores: true}}},
		{Name: "email-confirmed-in", View: EmailDone{What: EmailConfirmed}, SignedIn: true},
	}
	for _, what := range []string{EmailConfirmed, EmailRestored, EmailStopped} {
		list = append(list, pages.Sample{Name: "email-" + what, View: EmailDone{What: what}})
	}
	for _, why := range []string{EmailLinkOver, EmailTaken, EmailMissing} {
		for _, undo := range []bool{false, true} {
			list = append(list, pages.Sample{Name: "email-" + why + map[bool]string{true: "-undo"}[undo], View: EmailFailed{Why: why, Undo: undo}})
		}
	}
	return list
}

// everyView is a view of the event log with every filter.
func everyView() gatehouse.Search {
	return gatehouse.Search{Place: gatehouse.SearchEvents, Events: gatehouse.EventFilter{Site: "uk", Company: fixture.LongWord, Person: "<b>", Actor: "tom", By: "operator", Kind: "users", Result: "not-ok",
		From: "2026-11-20", To: "2026-11-21", Address: "203.0.113.0/24", Country: "DE", Reference: "GH-7F3K-29QX"}}
}
