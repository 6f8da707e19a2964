package ui

import (
	"time"

	"gatehouse"
	"gatehouse/internal/site"
)

// SignIn is the sign-in page.
type SignIn struct {
	// Username is what was typed, whatever came of it.
	Username string
	// ReturnTo is the own path to go to afterwards; empty: home.
	ReturnTo string
	// LastFailed: the last try did not work. There is one text for a wrong
	// password, an unknown name, a locked and a deactivated account.
	LastFailed bool
	// Fields are the faults of a form that was not tried at all.
	Fields []gatehouse.FieldError
	// Expired: the session ended because nothing happened.
	Expired bool
	// SignedOut: the person has just signed out.
	SignedOut bool
	// Ended: a sign-in that had begun has to begin anew.
	Ended bool
	// PasswordChanged: a reset link has just been used.
	PasswordChanged bool
	// PasswordMailed: a new temporary password is on its way.
	PasswordMailed bool
}

func (SignIn) template() string     { return "signin" }
func (SignIn) title(p *page) string { return p.T("signin.title_short") }
func (v SignIn) failed() bool       { return v.LastFailed || len(v.Fields) > 0 }

// identifierOf names what people of a site sign in with, in keys of texts.
func identifierOf(s *site.Site) string {
	switch s.SignInWith {
	case gatehouse.WithEmail:
		return "email"
	case gatehouse.WithUsernameOrEmail:
		return "username_or_email"
	}
	return "username"
}

// identifierText is the text for the label of that field.
func identifierText(s *site.Site) string { return "field." + identifierOf(s) }

// fields of the sign-in form. The first is named "username" also where it takes
// an address; a password has no maxlength, because cut passwords do not work.
func (v SignIn) fields(p *page) []field {
	inputMode := ""
	if p.Site.SignInWith == gatehouse.WithEmail {
		inputMode = "email"
	}
	return []field{
		{Name: "username", Label: p.T(identifierText(p.Site)), Value: v.Username, Autocomplete: "username", InputMode: inputMode, Missing: identifierOf(p.Site)},
		{Name: "password", Label: p.T("field.password"), Secret: true, Autocomplete: "current-password", Missing: "password"},
	}
}

// fieldErrors: after a failed try the password has to be typed again, whatever was
// wrong; the page never says which half it was.
func (v SignIn) fieldErrors() []gatehouse.FieldError {
	if v.LastFailed {
		return []gatehouse.FieldError{{Field: "password", Code: "password_again"}}
	}
	return v.Fields
}

// State is what the page has to say first; one thing only.
func (v SignIn) State() string {
	switch {
	case v.LastFailed:
		return "failed"
	case len(v.Fields) > 0:
		return "fields"
	case v.Expired:
		return "expired"
	case v.PasswordChanged:
		return "password_changed"
	case v.PasswordMailed:
		return "password_mailed"
	case v.Ended:
		return "ended"
	case v.SignedOut:
		return "signed_out"
	}
	return ""
}

// HasUsernames reports whether people of the site can have forgotten a username.
func (p *page) HasUsernames() bool { return p.Site.SignInWith != gatehouse.WithEmail }

// FailedText is the advice after a failed try, in the words of the site's form.
func (p *page) FailedText() string { return p.T("signin.failed_" + identifierOf(p.Site)) }

// TemporaryExpired answers the right temporary password that came too late, or once
// too often.
type TemporaryExpired struct {
	// Used: it has opened a sign-in already, in another browser.
	Used bool
	// Ticket is worth a new one by mail; empty: none can be mailed.
	Ticket string
}

func (TemporaryExpired) template() string       { return "temporary_expired" }
func (v TemporaryExpired) title(p *page) string { return p.T("temporary." + v.Which() + "_title") }
func (TemporaryExpired) failed() bool           { return true }

// Which names the words of the page.
func (v TemporaryExpired) Which() string {
	if v.Used {
		return "used"
	}
	return "expired"
}

// LockedHere says that the account is locked, to a browser that its owner has
// used before and to nobody else.
type LockedHere struct {
	// Until is when the lock ends by itself; nil: somebody has to end it.
	Until *time.Time
	// Reason says who locked it; empty: wrong tries.
	Reason gatehouse.LockReason
}

func (LockedHere) template() string     { return "locked_here" }
func (LockedHere) title(p *page) string { return p.T("locked.title") }
func (LockedHere) failed() bool         { return true }

// ByTries reports whether wrong tries locked the account. Only such a lock ends by
// a recovery.
func (v LockedHere) ByTries() bool { return v.Reason.EndsByRecovery() }
