package ui

import (
	"strings"

	"gatehouse"
)

// presentPassword is the field for the password that is still valid.
func presentPassword(p *page, name, label string) field {
	return field{Name: name, Label: p.T(label), Secret: true, Autocomplete: "current-password", Missing: "present_password"}
}

// newPassword are the two fields for a new one. There is no maxlength: cut passwords do
// not work.
func newPassword(p *page) []field {
	return []field{
		{Name: "new_password", Label: p.T("field.new_password"), Secret: true, Autocomplete: "new-password", Missing: "new_password", About: "reqs-title"},
		{Name: "repeat_password", Label: p.T("field.repeat_password"), Secret: true, Autocomplete: "new-password", Missing: "repeat_password"},
	}
}

// ruledView is a view that asks for a new password.
type ruledView interface {
	// ruled is whose password it is, and the field with the present one; empty where
	// there is none.
	ruled() (username, old string)
}

// Reqs are what a new password needs, as the site's policy has it.
type Reqs struct {
	// Old is the field with the present password; may be empty.
	Old string
	Min int
	// Banned are the parts of the username, a line each.
	Banned string
	Live   []Req
	// Later is what only the server can check.
	Later []string
}

// Req is a rule that the page can check while somebody types.
type Req struct{ Rule, Text string }

// Reqs reads the policy: what it does not ask for is not on the page (A11).
func (p *page) Reqs() Reqs {
	username, old := p.View.(ruledView).ruled()
	policy := p.Site.Policy.Password
	r := Reqs{Old: old, Min: policy.MinLength}
	live := func(is bool, rule, text string) {
		if is {
			r.Live = append(r.Live, Req{rule, text})
		}
	}
	later := func(is bool, text string) {
		if is {
			r.Later = append(r.Later, text)
		}
	}
	if policy.NoUsernameParts {
		r.Banned = strings.Join(gatehouse.UsernameParts(username), "\n")
	}
	live(true, "length", p.T("reqs.length", "n", policy.MinLength))
	live(policy.Upper, "upper", p.T("reqs.upper"))
	live(policy.Lower, "lower", p.T("reqs.lower"))
	live(policy.Digit, "digit", p.T("reqs.digit"))
	live(r.Banned != "", "username", p.T("reqs.username"))
	live(old != "", "same", p.T("reqs.same"))
	live(true, "match", p.T("reqs.match"))
	later(policy.History > 1, p.T("reqs.history", "n", policy.History))
	later(policy.History <= 1 && old == "", p.T("reqs.same_later"))
	later(policy.Blocklist, p.T("reqs.common"))
	later(policy.NoContextWords, p.T("reqs.context"))
	return r
}

// ChangePassword is My account > Password (A10).
type ChangePassword struct {
	Username string
	// Saved: it was changed a moment ago.
	Saved bool
	// NotMe: the person comes from an event that somebody else caused (C09).
	NotMe  bool
	Errors []gatehouse.FieldError
}

func (ChangePassword) template() string     { return "change_password" }
func (ChangePassword) title(p *page) string { return p.T("password.title") }
func (v ChangePassword) failed() bool       { return len(v.Errors) > 0 }

func (ChangePassword) fields(p *page) []field {
	return append([]field{presentPassword(p, "current_password", "field.current_password")}, newPassword(p)...)
}

func (v ChangePassword) fieldErrors() []gatehouse.FieldError { return v.Errors }
func (v ChangePassword) ruled() (username, old string)       { return v.Username, "current_password" }

// AccountChallenge is My account > Challenge question (A07).
type AccountChallenge struct {
	ChallengeForm
	Username string
	// Current is the question that is stored; nil: none.
	Current *gatehouse.Challenge
	Saved   bool
}

func (AccountChallenge) template() string     { return "account_challenge" }
func (AccountChallenge) title(p *page) string { return p.T("challenge.account_title") }

// QuestionText is a challenge question in words.
func (p *page) QuestionText(c gatehouse.Challenge) string {
	if c.Question == "" {
		return c.Own
	}
	return p.T("question." + c.Question)
}
