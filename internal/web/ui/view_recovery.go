package ui

import (
	"gatehouse"
)

// Where a recovery stands. A temporary password by mail is the end of the one kind; a
// link leads to the page that asks for the new password.
const (
	recoverWho = iota
	recoverSecond
	recoverThird
)

func recoverySequence(p *page, at int) ([]string, int) {
	if p.Site.Recovery == gatehouse.RecoverByLink {
		return []string{"who", "mail", "password"}, at
	}
	return []string{"who", "challenge", "mail"}, at
}

// ByLink reports whether the site replaces forgotten passwords by a link.
func (p *page) ByLink() bool { return p.Site.Recovery == gatehouse.RecoverByLink }

// ForgotPassword asks who has forgotten the password (A07, C03).
type ForgotPassword struct {
	Username, Email string
	Errors          []gatehouse.FieldError
}

func (ForgotPassword) template() string                      { return "forgot_password" }
func (ForgotPassword) title(p *page) string                  { return p.T("forgot.title") }
func (v ForgotPassword) failed() bool                        { return len(v.Errors) > 0 }
func (v ForgotPassword) fieldErrors() []gatehouse.FieldError { return v.Errors }
func (ForgotPassword) sequence(p *page) ([]string, int)      { return recoverySequence(p, recoverWho) }

func (v ForgotPassword) fields(p *page) []field {
	email := emailField(p, v.Email)
	if p.ByLink() {
		if !p.HasUsernames() { // it is what they sign in with, and managers fill it in as that
			email.Autocomplete = "username"
		}
		return []field{email}
	}
	email.Hint = p.T("forgot.email_hint")
	return []field{
		{Name: "username", Label: p.T(identifierText(p.Site)), Value: v.Username, Autocomplete: "username", Missing: identifierOf(p.Site)},
		email,
	}
}

// emailField is of type text: browsers would refuse addresses of other alphabets.
func emailField(p *page, value string) field {
	return field{Name: "email", Label: p.T("field.email"), Value: value, Autocomplete: "email", InputMode: "email", Missing: "email"}
}

// ForgotChallenge asks the challenge question (A07).
type ForgotChallenge struct {
	Challenge gatehouse.Challenge
	// Left is how many more answers this recovery takes.
	Left   int
	Errors []gatehouse.FieldError
}

func (ForgotChallenge) template() string                      { return "forgot_challenge" }
func (ForgotChallenge) title(p *page) string                  { return p.T("answer.title") }
func (v ForgotChallenge) failed() bool                        { return len(v.Errors) > 0 }
func (v ForgotChallenge) fieldErrors() []gatehouse.FieldError { return v.Errors }
func (ForgotChallenge) sequence(p *page) ([]string, int)      { return recoverySequence(p, recoverSecond) }

func (v ForgotChallenge) fields(p *page) []field {
	return []field{{Name: "answer", Label: p.QuestionText(v.Challenge), Hint: p.T("answer.hint"), Autocomplete: "off", Missing: "answer"}}
}

// ForgotSent says what to do until the mail comes. It is the same for everybody,
// whether there is an account or not (invariant 7).
type ForgotSent struct{}

func (ForgotSent) template() string     { return "forgot_sent" }
func (ForgotSent) title(p *page) string { return p.T("sent.title") }
func (ForgotSent) failed() bool         { return false }

func (ForgotSent) sequence(p *page) ([]string, int) {
	if p.ByLink() {
		return recoverySequence(p, recoverSecond)
	}
	return recoverySequence(p, recoverThird)
}

// RecoveryOver says that a recovery takes no more answers.
type RecoveryOver struct{}

func (RecoveryOver) template() string     { return "recovery_over" }
func (RecoveryOver) title(p *page) string { return p.T("over.title") }
func (RecoveryOver) failed() bool         { return true }

// Tries is how many answers a recovery takes.
func (RecoveryOver) Tries() int { return gatehouse.RecoveryTries }

// ResetPassword is where a reset link leads (C03).
type ResetPassword struct {
	// Username is whose link it is.
	Username string
	Errors   []gatehouse.FieldError
}

func (ResetPassword) template() string                      { return "reset_password" }
func (ResetPassword) title(p *page) string                  { return p.T("reset.title") }
func (v ResetPassword) failed() bool                        { return len(v.Errors) > 0 }
func (ResetPassword) fields(p *page) []field                { return newPassword(p) }
func (v ResetPassword) fieldErrors() []gatehouse.FieldError { return v.Errors }
func (v ResetPassword) ruled() (username, old string)       { return v.Username, "" }
func (ResetPassword) sequence(p *page) ([]string, int)      { return recoverySequence(p, recoverThird) }

// LinkOver answers a reset link that is of no use any more.
type LinkOver struct{}

func (LinkOver) template() string     { return "link_over" }
func (LinkOver) title(p *page) string { return p.T("link.over_title") }
func (LinkOver) failed() bool         { return true }

// LinkMissing answers whoever comes to choose a password without the cookie that the
// link sets: another browser, or cookies are off (C06).
type LinkMissing struct{}

func (LinkMissing) template() string     { return "link_missing" }
func (LinkMissing) title(p *page) string { return p.T("link.missing_title") }
func (LinkMissing) failed() bool         { return true }

// ForgotUsername says whom to ask, and passes the request on (A12).
type ForgotUsername struct {
	Email, Message string
	// Sent: a request was passed on, if there is anybody to pass it on to.
	Sent   bool
	Errors []gatehouse.FieldError
}

func (ForgotUsername) template() string                      { return "forgot_username" }
func (ForgotUsername) title(p *page) string                  { return p.T("username.title") }
func (v ForgotUsername) failed() bool                        { return len(v.Errors) > 0 }
func (v ForgotUsername) fieldErrors() []gatehouse.FieldError { return v.Errors }

func (v ForgotUsername) fields(p *page) []field {
	return []field{
		emailField(p, v.Email),
		{Name: "message", Label: p.T("field.message"), Hint: p.T("username.message_hint"), Value: v.Message, Control: area,
			Autocomplete: "off", Prose: true, Optional: true},
	}
}
