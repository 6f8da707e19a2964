package ui

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"gatehouse"
)

// Home is the dashboard (A06, C11). What it says about the account (check-up, what is
// missing) it takes from the frame's user, company and site.
type Home struct {
	// LastSignIn is the sign-in before this one; nil: this is the first.
	LastSignIn *time.Time
	// LastFrom is the address that came from; may be empty.
	LastFrom string
	// Sessions is how many browsers are signed in, this one among them.
	Sessions int
	// Activity is the newest of what happened with the account, newest first.
	Activity []gatehouse.Event
	// Platforms are the applications that this sign-in opens.
	Platforms []Platform
	// Layout is how the person has arranged the cards; There are those that the
	// page can have.
	Layout gatehouse.HomeLayout
	There  []gatehouse.HomeCard
	// PasswordExpires is when the password is too old; nil: not soon.
	PasswordExpires *time.Time
}

// Platform is an application that the sign-in opens.
type Platform struct{ Name, Fact, URL string }

func (Home) template() string     { return "home" }
func (Home) title(p *page) string { return p.T("frame.tab_home") }
func (Home) failed() bool         { return false }

// homeCard is a card for the template "home-card".
type homeCard struct {
	Page *page
	Name gatehouse.HomeCard
	// First and Last of those that are seen cannot move further.
	First, Last bool
}

// Title is the heading of the card.
func (c homeCard) Title() string { return c.Page.T("home.card_" + string(c.Name)) }

// cards are the cards that the page can have, hidden ones or those that are seen.
func (p *page) cards(hidden bool) []homeCard {
	v := p.View.(Home)
	var list []homeCard
	for _, placed := range v.Layout {
		if placed.Hidden == hidden && slices.Contains(v.There, placed.Card) {
			list = append(list, homeCard{Page: p, Name: placed.Card})
		}
	}
	if n := len(list); n > 0 {
		list[0].First, list[n-1].Last = true, true
	}
	return list
}

// Columns are the cards that are seen: the first half in the first column. On a
// narrow page the second follows the first, so the order is one.
func (p *page) Columns() [][]homeCard {
	list := p.cards(false)
	half := (len(list) + 1) / 2
	return [][]homeCard{list[:half], list[half:]}
}

// HiddenCards are those that the person does not want to see.
func (p *page) HiddenCards() []homeCard { return p.cards(true) }

// IsArranged reports whether the page is not as everybody's.
func (v Home) IsArranged() bool {
	return v.Layout.String() != gatehouse.ReadHomeLayout("").String()
}

// MayArrange reports whether the cards have their menus: a completed profile opens
// them (A06).
func (p *page) MayArrange() bool { return len(p.Incomplete()) == 0 }

// IncompleteItem is one thing that a profile lacks, and the page that mends it; the
// texts are incomplete.WHAT_title and _text.
type IncompleteItem struct {
	What gatehouse.Missing
	Link string
}

var mends = map[gatehouse.Missing]string{
	gatehouse.MissingName: "/account/profile#first_name", gatehouse.MissingEmail: "/account/profile#email",
	gatehouse.MissingConfirmation: "/account/profile", gatehouse.MissingChallenge: "/account/challenge",
}

// Incomplete is what the user's profile lacks.
func (p *page) Incomplete() []IncompleteItem {
	var items []IncompleteItem
	for _, what := range gatehouse.MissingOf(p.Site.Site, *p.User) {
		items = append(items, IncompleteItem{what, mends[what]})
	}
	return items
}

// PasswordOver reports whether the password is too old already.
func (p *page) PasswordOver() bool { return !p.Now.Before(*p.View.(Home).PasswordExpires) }

// Check is one line of the security check-up.
type Check struct {
	Text string
	Done bool
	// Link is the page that mends it; empty where it is done.
	Link string
}

// CheckUp is what protects the account, and what does not yet.
type CheckUp struct {
	Checks []Check
	Done   int
}

// CheckUp computes the security check-up from what the site, the company and the
// user are.
func (p *page) CheckUp() CheckUp {
	var up CheckUp
	add := func(applies, done bool, key, mends string) {
		if !applies {
			return
		}
		if done {
			mends = ""
			up.Done++
		} else {
			key += "_todo"
		}
		up.Checks = append(up.Checks, Check{p.T("checkup." + key), done, mends})
	}
	u := p.User
	add(true, u.Email != "", "email", mends[gatehouse.MissingEmail])
	add(u.Email != "", u.EmailConfirmed, "confirmed", mends[gatehouse.MissingConfirmation])
	add(p.Site.Recovery == gatehouse.RecoverByChallenge, u.ChallengeSet, "challenge", mends[gatehouse.MissingChallenge])
	add(true, u.OwnTwoFactor || p.Company != nil && p.Company.TwoFactor, "two_factor", SecurityPath)
	return up
}

// Greeting greets by the time of the day where the site is.
func (p *page) Greeting() string {
	name := p.User.FirstName
	if name == "" {
		name = p.User.Username
	}
	part := "evening"
	switch hour := p.Now.In(p.zone()).Hour(); {
	case hour >= 5 && hour < 12:
		part = "morning"
	case hour >= 12 && hour < 18:
		part = "afternoon"
	}
	return p.T("home.good_"+part, "name", name)
}

// Initials stand in for a picture.
func (p *page) Initials() string { return p.InitialsOf(*p.User) }

func initial(s string) string {
	r, _ := utf8.DecodeRuneInString(strings.TrimSpace(s))
	if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
		return ""
	}
	return string(unicode.ToUpper(r))
}

// Activities puts the events of the home page into words.
func (p *page) Activities() []Activity {
	var lines []Activity
	for _, e := range p.View.(Home).Activity {
		lines = append(lines, p.activity(e))
	}
	return lines
}
