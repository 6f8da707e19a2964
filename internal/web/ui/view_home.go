package ui

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"gatehouse"
)

// Home is the dashboard. What it says about the account (check-up, what is
// missing) it takes from the frame's user, company and site.
type Home struct {
	// LastSignIn is the sign-in before this one; nil: this is the first.
	LastSignIn *time.Time
	// LastFrom is where that was, in words or as an address; may be empty.
	LastFrom string
	// Incomplete is what the profile lacks; see Incomplete.
	Incomplete []IncompleteItem
	// Sessions is how many browsers are signed in, this one among them.
	Sessions int
	// Activity is the newest of what happened with the account, newest first.
	Activity []gatehouse.Event
	// Platforms are the applications that this sign-in opens.
	Platforms []Platform
}

// Platform is an application that the sign-in opens.
type Platform struct{ Name, Fact, URL string }

func (Home) template() string     { return "home" }
func (Home) title(p *page) string { return p.T("frame.tab_home") }
func (Home) failed() bool         { return false }

// Missing names a thing that a profile lacks.
type Missing string

// What a profile can lack; the texts are incomplete.NAME_title and _text.
const (
	MissingName         Missing = "name"
	MissingEmail        Missing = "email"
	MissingConfirmation Missing = "confirmation"
	MissingChallenge    Missing = "challenge"
)

// IncompleteItem is one thing that a profile lacks.
type IncompleteItem struct {
	What Missing
	// Link is the page that mends it; empty where there is none yet.
	Link string
}

// Incomplete returns what a user's profile lacks, without links.
func Incomplete(s gatehouse.Site, u gatehouse.User) []IncompleteItem {
	var items []IncompleteItem
	add := func(missing bool, what Missing) {
		if missing {
			items = append(items, IncompleteItem{What: what})
		}
	}
	add(u.FirstName == "" || u.LastName == "", MissingName)
	add(u.Email == "", MissingEmail)
	add(u.Email != "" && !u.EmailConfirmed, MissingConfirmation)
	add(s.Recovery == gatehouse.RecoverByChallenge && !u.ChallengeSet, MissingChallenge)
	return items
}

// Check is one line of the security check-up.
type Check struct {
	Text string
	Done bool
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
	add := func(applies, done bool, key string) {
		if !applies {
			return
		}
		if done {
			up.Done++
		} else {
			key += "_todo"
		}
		up.Checks = append(up.Checks, Check{p.T("checkup." + key), done})
	}
	u := p.User
	add(true, u.Email != "", "email")
	add(u.Email != "", u.EmailConfirmed, "confirmed")
	add(p.Site.Recovery == gatehouse.RecoverByChallenge, u.ChallengeSet, "challenge")
	add(p.Company != nil && p.Company.TwoFactor, true, "two_factor")
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

// RoleText names the role of the user.
func (p *page) RoleText() string { return p.T("role." + string(p.User.Role)) }

// Initials stand in for a picture.
func (p *page) Initials() string {
	u := p.User
	if s := initial(u.FirstName) + initial(u.LastName); s != "" {
		return s
	}
	return initial(u.Username)
}

func initial(s string) string {
	r, _ := utf8.DecodeRuneInString(strings.TrimSpace(s))
	if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
		return ""
	}
	return string(unicode.ToUpper(r))
}

// Activity is one line of the recent activity.
type Activity struct {
	Text, Icon, Class string
	// Device and Address say from where; When is the time in words.
	Device, Address, When string
}

// activityWords are the events that have words of their own: the icon, and the
// class that colours it. Those of sign_in.password go by their result.
var activityWords = map[string]struct{ icon, class string }{
	"sign_in_ok":       {"laptop", ""},
	"sign_in_wrong":    {"triangle-alert", "is-warn"},
	"sign_in_refused":  {"lock", "is-warn"},
	"session_ended":    {"log-out", ""},
	"user_locked":      {"lock", "is-bad"},
	"user_unlocked":    {"key-round", "is-ok"},
	"user_created":     {"user-plus", ""},
	"user_changed":     {"user", ""},
	"user_imported":    {"user-plus", ""},
	"user_deactivated": {"x", "is-warn"},
	"user_activated":   {"circle-check", "is-ok"},
	"password_reset":   {"key-round", ""},
	"company_changed":  {"building-2", ""},
	"something_else":   {"history", ""},
}

// Activities puts the events of the home page into words.
func (p *page) Activities() []Activity {
	var lines []Activity
	for _, e := range p.View.(Home).Activity {
		which := activityOf(e)
		look := activityWords[which]
		line := Activity{Text: p.T("event." + which), Icon: look.icon, Class: look.class, Address: e.Address, When: p.When(e.At)}
		if e.UserAgent != "" {
			line.Device = p.Browser(e.UserAgent)
		}
		lines = append(lines, line)
	}
	return lines
}

// activityOf names the words for an event.
func activityOf(e gatehouse.Event) string {
	which := strings.ReplaceAll(string(e.Kind), ".", "_")
	if e.Kind == gatehouse.EventSignIn {
		switch e.Result {
		case gatehouse.ResultOK:
			which = "sign_in_ok"
		case gatehouse.ResultWrong, gatehouse.ResultUnknown:
			which = "sign_in_wrong"
		default:
			which = "sign_in_refused"
		}
	}
	if _, known := activityWords[which]; !known {
		return "something_else"
	}
	return which
}
