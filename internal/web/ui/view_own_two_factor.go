package ui

import (
	"time"

	"gatehouse"
)

// SecurityPath is the page of a person's own two-factor sign-in.
const SecurityPath = "/account/security"

// OwnTwoFactor is My account > Two-factor sign-in: the person's own choice. What the
// company has chosen it takes from the frame.
type OwnTwoFactor struct {
	// Stored is the account as it is.
	Stored gatehouse.User
	// Before is what the person must mend before codes can be an own choice; empty:
	// nothing.
	Before gatehouse.OutcomeReason
	// Trusted is how many browsers are not asked for a code.
	Trusted int
	// Own and Automatic are what the fields hold: on, off, or whatever was sent.
	Own, Automatic string
	// AskPassword: turning it off wants the password again.
	AskPassword bool
	Fields      []gatehouse.FieldError
	// TooSoon is how long to wait before the next change; 0: it was not too soon.
	TooSoon time.Duration
	// Saved: it was, a moment ago.
	Saved bool
}

func (OwnTwoFactor) template() string                      { return "own_two_factor" }
func (OwnTwoFactor) title(p *page) string                  { return p.T("two_factor.title") }
func (v OwnTwoFactor) failed() bool                        { return len(v.Fields) > 0 || v.TooSoon > 0 }
func (v OwnTwoFactor) fieldErrors() []gatehouse.FieldError { return v.Fields }

func (v OwnTwoFactor) fields(p *page) []field {
	list := []field{
		{Name: "own_two_factor", Label: p.T("two_factor.own"), Control: choices, Options: optionsOf("own_two_factor", v.Own,
			option{Value: "on", Text: p.T("two_factor.own_on"), Hint: p.ownHint()},
			option{Value: "off", Text: p.T("two_factor.own_off"), Hint: p.T("two_factor.own_off_hint")})},
		{Name: "send_automatically", Label: p.T("two_factor.send"), Control: choices, Options: optionsOf("send_automatically", v.Automatic,
			option{Value: "on", Text: p.T("two_factor.send_on"), Hint: p.T("two_factor.send_on_hint")},
			option{Value: "off", Text: p.T("two_factor.send_off"), Hint: p.T("two_factor.send_off_hint")})},
	}
	if v.AskPassword {
		password := presentPassword(p, "current_password", "field.current_password")
		password.Hint, password.Optional = p.T("two_factor.password_hint"), true
		list = append(list, password)
	}
	return list
}

// ownHint says what the own choice comes to, where browsers can be trusted and where not.
func (p *page) ownHint() string {
	if days := p.Site.Policy.TrustedBrowser; days > 0 {
		return p.T("two_factor.own_on_hint", "days", days)
	}
	return p.T("two_factor.own_on_everywhere")
}

// Username is for password managers, where the password is asked for.
func (v OwnTwoFactor) Username() string {
	if !v.AskPassword {
		return ""
	}
	return v.Stored.Username
}

// Choosable: the own choice can be changed at all, or somebody has tried to.
func (v OwnTwoFactor) Choosable() bool {
	return v.Before == "" || v.Stored.OwnTwoFactor || v.Own == "on"
}

// SoonMinutes is how many minutes to wait, at least one.
func (v OwnTwoFactor) SoonMinutes() int { return int((v.TooSoon + time.Minute - 1) / time.Minute) }
