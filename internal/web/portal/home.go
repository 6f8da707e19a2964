package portal

import (
	"net/http"
	"slices"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/signin"
	"gatehouse/internal/sso"
	"gatehouse/internal/web/ui"
)

// recentEvents is how many lines the card "Recent activity" has.
const recentEvents = 5

// Home is the dashboard for signed-in users (C11), else the way to sign in.
func (p *Portal) Home(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	if v.Session == nil {
		return p.SignInPage(w, r)
	}
	if v.Site.ForOperators() {
		http.Redirect(w, r, ui.OperatorPath, http.StatusSeeOther)
		return nil
	}
	home, err := p.SignIn.Home(r.Context(), *v.Session, recentEvents)
	if err != nil {
		return err
	}
	own, err := p.Account.Home(r.Context(), v.Site, v.Caller(r))
	if err != nil {
		return err
	}
	reachable, supplied, err := p.supplied(r, v)
	if err != nil {
		return err
	}
	offer, known, err := p.passkeyNews(r, v)
	if err != nil {
		return err
	}
	return p.page(w, r, http.StatusOK, Home{Home: home, Own: own, PasskeyOffer: offer, PasskeysKnown: known, Launcher: sso.Launcher(reachable, own.Platforms), Supplied: supplied,
		There: account.HomeCards(v.Site, *v.User, namesOf(supplied), len(own.Searches))})
}

// supplied are the platforms that the visitor may reach, and their cards, which require a
// complete profile (A06).
func (p *Portal) supplied(r *http.Request, v *ui.Visit) ([]gatehouse.Platform, []sso.SuppliedCard, error) {
	reachable, err := p.SSO.Reachable(r.Context(), v.Site, *v.User)
	if err != nil || len(reachable) == 0 || len(gatehouse.MissingOf(v.Site.Site, *v.User)) > 0 {
		return reachable, nil, err
	}
	cards, err := p.SSO.Cards(r.Context(), v.Site, *v.User, reachable)
	return reachable, cards, err
}

// ArrangeHome moves, hides or shows a card of the home page, and leads back to it.
func (p *Portal) ArrangeHome(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	card, action := gatehouse.HomeCard(r.PostFormValue("card")), gatehouse.CardAction(r.PostFormValue("action"))
	_, supplied, err := p.supplied(r, v)
	if err != nil {
		return err
	}
	err = p.Account.ArrangeHome(r.Context(), v.Site, v.Caller(r), card, action, namesOf(supplied))
	to := "/#card-" + string(card)
	switch {
	case gatehouse.ReasonOf(err) == account.ReasonProfileIncomplete:
		to = "/#card-" + string(gatehouse.CardProfile) // which says what is missing
	case err != nil:
		return err
	case action == gatehouse.CardHide:
		to = "/#card-hidden"
	case action == gatehouse.CardReset:
		to = "/#main"
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// Home is the dashboard (A06, C11). What it says about the account (check-up, what is
// missing) comes from the frame's user, company and site.
type Home struct {
	signin.Home
	Own account.Home
	// PasskeyOffer: the user is offered a passkey. PasskeysKnown is what the browser is told
	// about existing ones; empty: nothing.
	PasskeyOffer  bool
	PasskeysKnown string
	// Launcher are the platforms in the launcher.
	Launcher []gatehouse.Platform
	// Supplied are the cards of platforms.
	Supplied []sso.SuppliedCard
	// There are the cards that the page can have.
	There []gatehouse.HomeCard
}

func (Home) Template() string        { return "home" }
func (Home) Title(p *ui.Page) string { return p.T("frame.tab_home") }

// homeCard is a card for the template "home-card".
type homeCard struct {
	Page *ui.Page
	View Home
	Name gatehouse.HomeCard
	// Supplied is the platform's card; nil: it is not one.
	Supplied *suppliedCard
	// First and Last of the visible ones cannot move further.
	First, Last bool
}

// Title is the heading of the card.
func (c homeCard) Title() string {
	if c.Supplied != nil {
		return c.Supplied.Body.Title
	}
	return c.Page.T("home.card_" + string(c.Name))
}

// cards are the cards that the page can have, either the hidden or the visible ones.
func (v Home) cards(p *ui.Page, hidden bool) []homeCard {
	var list []homeCard
	for _, placed := range v.Own.Layout.With(namesOf(v.Supplied)) {
		if placed.Hidden == hidden && slices.Contains(v.There, placed.Card) {
			list = append(list, homeCard{Page: p, View: v, Name: placed.Card, Supplied: v.supplied(p, placed.Card)})
		}
	}
	if n := len(list); n > 0 {
		list[0].First, list[n-1].Last = true, true
	}
	return list
}

// Columns are the visible cards: the first half in the first column. On a narrow page
// the second follows the first, so there is one order.
func (v Home) Columns(p *ui.Page) [][]homeCard {
	list := v.cards(p, false)
	half := (len(list) + 1) / 2
	return [][]homeCard{list[:half], list[half:]}
}

// HiddenCards are those that the user does not want to see.
func (v Home) HiddenCards(p *ui.Page) []homeCard { return v.cards(p, true) }

// Tiles are the platforms of the launcher.
func (v Home) Tiles(p *ui.Page) []tile { return tilesOf(p, v.Launcher) }

// IsArranged reports whether the page differs from the default.
func (v Home) IsArranged() bool {
	return v.Own.Layout.String() != gatehouse.ReadHomeLayout("").String()
}

// MayArrange reports whether the cards have their menus, which require a complete
// profile (A06).
func (v Home) MayArrange(p *ui.Page) bool { return len(v.Incomplete(p)) == 0 }

// IncompleteItem is one thing that a profile lacks, and the page that fixes it; the
// texts are incomplete.WHAT_title and _text.
type IncompleteItem struct {
	What gatehouse.Missing
	Link string
}

var fixes = map[gatehouse.Missing]string{
	gatehouse.MissingName: "/account/profile#first_name", gatehouse.MissingEmail: "/account/profile#email",
	gatehouse.MissingConfirmation: "/account/profile", gatehouse.MissingChallenge: "/account/challenge",
}

// Incomplete is what the user's profile lacks.
func (Home) Incomplete(p *ui.Page) []IncompleteItem {
	var items []IncompleteItem
	for _, what := range gatehouse.MissingOf(p.Site.Site, *p.User) {
		items = append(items, IncompleteItem{what, fixes[what]})
	}
	return items
}

// PasswordOver reports whether the password has expired already.
func (v Home) PasswordOver(p *ui.Page) bool { return !p.Now.Before(v.Own.PasswordExpiresAt) }

// Check is one line of the security check-up.
type Check struct {
	Text string
	Done bool
	// Link is the page that fixes it; empty if it is done.
	Link string
}

// CheckUp is what protects the account, and what does not yet.
type CheckUp struct {
	Checks []Check
	Done   int
}

// CheckUp computes the security check-up from the site, the company and the user.
func (Home) CheckUp(p *ui.Page) CheckUp {
	var up CheckUp
	add := func(applies, done bool, key, fixes string) {
		if !applies {
			return
		}
		if done {
			fixes = ""
			up.Done++
		} else {
			key += "_todo"
		}
		up.Checks = append(up.Checks, Check{p.T("checkup." + key), done, fixes})
	}
	u := p.User
	add(true, u.Email != "", "email", fixes[gatehouse.MissingEmail])
	add(u.Email != "", u.EmailConfirmed, "confirmed", fixes[gatehouse.MissingConfirmation])
	add(p.Site.Recovery == gatehouse.RecoverByChallenge, u.ChallengeSet, "challenge", fixes[gatehouse.MissingChallenge])
	add(true, u.WantsTwoFactor() || p.Company != nil && gatehouse.RulesFor(p.Site.Site, p.Company.Rule()).On(), "two_factor", SecurityPath)
	return up
}

// Greeting greets by the time of day at the site.
func (Home) Greeting(p *ui.Page) string {
	name := p.User.FirstName
	if name == "" {
		name = p.User.Username
	}
	part := "evening"
	switch hour := p.Here(p.Now).Hour(); {
	case hour >= 5 && hour < 12:
		part = "morning"
	case hour >= 12 && hour < 18:
		part = "afternoon"
	}
	return p.T("home.good_"+part, "name", name)
}

// Activities puts the events of the home page into words.
func (v Home) Activities(p *ui.Page) []eventLine {
	var lines []eventLine
	for _, e := range v.Events {
		lines = append(lines, activityOf(p, e))
	}
	return lines
}
