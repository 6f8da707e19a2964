package ui

import (
	"time"

	"gatehouse"
)

// Profile is My account > Profile (A05).
type Profile struct {
	// FirstName, LastName, Email and Locale are what the fields hold: what was typed,
	// else what is stored.
	FirstName, LastName, Email, Locale string
	// Version is that of the stored profile which the form was made from.
	Version string
	// Stored is the account as it is.
	Stored gatehouse.User
	// Waiting is the change of address that is to be confirmed; nil: none.
	Waiting *gatehouse.EmailChange
	// AskPassword: a new address wants the password again.
	AskPassword bool
	Fields      []gatehouse.FieldError
	// Changed: another window has saved the profile since the form was made.
	Changed bool
	// TooSoon is how long to wait before the next mail; 0: it was not too soon.
	TooSoon time.Duration
	// Done is what was done a moment ago: saved, sent, dropped, or empty.
	Done string
}

// What Profile.Done can be; the texts are profile.done_NAME.
const (
	ProfileSaved   = "saved"
	ProfileSent    = "sent"
	ProfileDropped = "dropped"
)

func (Profile) template() string     { return "profile" }
func (Profile) title(p *page) string { return p.T("profile.title") }
func (v Profile) failed() bool       { return len(v.Fields) > 0 || v.Changed || v.TooSoon > 0 }

func (v Profile) fields(p *page) []field {
	list := []field{
		{Name: "first_name", Label: p.T("field.first_name"), Value: v.FirstName, Prose: true, Autocomplete: "given-name", Missing: "first_name"},
		{Name: "last_name", Label: p.T("field.last_name"), Value: v.LastName, Prose: true, Autocomplete: "family-name", Missing: "last_name"},
		{Name: "email", Label: p.T("field.email"), Hint: p.T("profile.email_hint"), Value: v.Email, InputMode: "email", Autocomplete: "email", Missing: "email", Optional: v.Stored.Email == ""},
	}
	if v.AskPassword {
		password := presentPassword(p, "current_password", "field.current_password")
		password.Hint, password.Optional = p.T("profile.password_hint"), true
		list = append(list, password)
	}
	if len(p.Languages()) > 0 {
		options := []option{{Text: p.T("profile.locale_browser")}}
		for _, lang := range p.Languages() {
			options = append(options, option{Value: lang, Text: p.In(lang, "language.name")})
		}
		list = append(list, field{Name: "locale", Label: p.T("field.locale"), Control: choose, Optional: true, Autocomplete: "language",
			Options: optionsOf("locale", v.Locale, options...)})
	}
	return list
}

func (v Profile) fieldErrors() []gatehouse.FieldError { return v.Fields }

// WaitingOver reports whether the time to confirm the new address is over.
func (p *page) WaitingOver() bool {
	w := p.View.(Profile).Waiting
	return w != nil && !p.Now.Before(w.ConfirmUntil)
}

// WaitingSame reports whether what waits is a confirmation of the present address.
func (v Profile) WaitingSame() bool {
	return v.Waiting != nil && gatehouse.SameMailbox(v.Waiting.Old, v.Waiting.New)
}

// LanguageName is the name of one of the site's languages, or of the browser's choice.
func (p *page) LanguageName(lang string) string {
	if lang == "" {
		return p.T("profile.locale_browser")
	}
	return p.In(lang, "language.name")
}

// SoonMinutes is how many minutes to wait, at least one.
func (v Profile) SoonMinutes() int { return int((v.TooSoon + time.Minute - 1) / time.Minute) }

// DoneText says what was done a moment ago; empty: nothing.
func (p *page) DoneText() string {
	switch done := p.View.(Profile).Done; done {
	case ProfileSaved, ProfileSent, ProfileDropped:
		return p.T("profile.done_" + done)
	}
	return ""
}
